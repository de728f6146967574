"""Labeled pictures in, one table out: how sure the verdicts are, for each task and encoder.

    python tests/evaluation/evaluate.py [DATA] [--encoder classical --encoder light] [--task TEXT]

DATA is a folder in the format of docs/evaluation_format.md, or the development data that SERIES_EVAL names,
which is written in that format first (to_format.py). Everything is measured through the public API and judged
at the shipped tolerances. False alarms: the same called DRIFTED; misses: another called CONSISTENT. Brackets:
95 % bootstrap intervals over pictures or subjects. Exit 0, or 2 for data or an encoder that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from math import nan
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy: times are those of one thread

import cv2  # noqa: E402
from labeled import tables  # noqa: E402
from labeled.eyes import Eyes  # noqa: E402
from labeled.measured import Told, measure  # noqa: E402
from labeled.metrics import ROUNDS, figures  # noqa: E402
from labeled.peers import GATES, decide, decide_fixed, fixed_cosine, shipped  # noqa: E402
from labeled.reader import FRAMES, PAIRS, DataError, Labeled, read_labeled  # noqa: E402
from labeled.tables import Found, Line, PeerLine, Report, Time  # noqa: E402
from to_format import is_development_data, write_format  # noqa: E402

from consistency import ConsistencyError, ObservationCache, load_encoders  # noqa: E402

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[3] / "shared" / "eval"))


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            labeled = read_labeled(_folder(options.data, Path(scratch))).only(options.task or [])
            report = evaluate(labeled, options)
        print(tables.text(report))
        _write(report, options)
    except (DataError, ConsistencyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="a folder; default: SERIES_EVAL")
    parser.add_argument("--encoder", action="append", help="an encoder set, as series --encoder; repeatable")
    parser.add_argument(
        "--task", action="append", help="only tasks with this text in their names; repeatable"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the bootstrap")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that observe; with more than 1 no times"
    )
    parser.add_argument("--cache", type=Path, help="keep what was observed here, for the next run")
    parser.add_argument("--json", type=Path, help="write everything here")
    parser.add_argument("--markdown", type=Path, help="write the tables here")
    parser.add_argument("--into", type=Path, action="append", help="put them between the marks of this page")
    return parser.parse_args(arguments)


def _folder(data: Path, scratch: Path) -> Path:
    if any((data / name).is_file() for name in (PAIRS, FRAMES)) or not is_development_data(data):
        return data
    write_format(data, scratch)
    return scratch


def evaluate(labeled: Labeled, options: argparse.Namespace) -> Report:
    """Every encoder set in turn."""
    cv2.setNumThreads(1)
    lines, found, peers, times, ids = [], [], [], [], {}
    for name in options.encoder or ["classical"]:
        start = time.perf_counter()
        encoders = load_encoders(name)
        ids[name] = encoders.ids
        cache = ObservationCache(options.cache)
        eyes = Eyes(encoders, cache, workers=options.workers)
        eyes.look(labeled)
        told = measure(labeled, eyes)
        cache.close()
        order = {task: at for at, task in enumerate(labeled.tasks)}
        keys = sorted(told.answers, key=lambda key: order[key[0]])
        lines += [Line(*key, name, figures(told.answers[key], options.rounds)) for key in keys]
        found += [Found(task, name, finding) for task, finding in told.findings.items()]
        peers += _peers(told, name)
        times += [Time(task, name, spent) for task, spent in eyes.spent.items()]
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    lines.sort(key=lambda line: labeled.tasks.index(line.task))
    return Report(tuple(lines), tuple(found), tuple(peers), tuple(times), ids)


def _peers(told: Told, encoder: str) -> list[PeerLine]:
    lines = []
    for (task, _), answers in told.answers.items():
        own = shipped(answers)
        if own is not None:
            lines.append(PeerLine(task, encoder, "this tool", "see docs/evaluation.md", nan, "", own))
        for gate in GATES:
            decided = decide(gate, answers)
            if decided is not None:
                distance = 1 - gate.accept_from
                lines.append(PeerLine(task, encoder, gate.name, gate.stated, distance, gate.source, decided))
    known = {key: fixed_cosine(answers) for key, answers in told.answers.items()}
    sizes = {key: len(told.answers[key]) for key, limit in known.items() if limit is not None}
    if not sizes:
        return lines
    home = max(sizes, key=lambda key: sizes[key])
    limit = known[home]
    for (task, question), answers in told.answers.items():
        decided = decide_fixed(limit, answers)
        if decided is not None:
            stated = f"best on: {home[0]}"
            name = f"one fixed cosine, {question}"
            lines.append(PeerLine(task, encoder, name, stated, limit, "", decided))
    return lines


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.json:
        options.json.write_text(json.dumps(tables.as_json(report), indent=1), encoding="utf-8")
    if options.markdown:
        page = f"{tables.summary(report)}\n\n{tables.full(report)}\n"
        options.markdown.write_text(page, encoding="utf-8")
    for path in options.into or []:
        tables.put_into(path, report)


if __name__ == "__main__":
    sys.exit(main())
