"""Are words that are gone told from words that are there, and how often are words that are there called gone?

    SERIES_EVAL=folder python tests/evaluation/eval_lettering.py

Pictures with words: the sample's panels as drawn, with half of their letters and with none (painted over,
the balloons left); previz drafts of them; pictures without any words (comic panels, outputs of generators),
with words set into them and without. Last, whole comic panels with the words that they hold, no place given.
Prints for each material the area under the curve of "there" against "gone", and the verdicts at the built-in
limits.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    Expected,
    Frame,
    PinnedWords,
    digest_file,
    judge,
    read_frame,
    words_box,
)
from consistency.checks import lettering
from consistency.image import WORKING_SIDE, frame_from_array
from consistency.text_marks import text_marks
from series.generators.previz.previz import ABILITIES, draft_of, draw
from series.lettering import set_words
from series.manifest import read_manifest
from series.plan import FrameOrder, LetteringOrder, plan
from series.request import first_request

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[3] / "shared" / "eval"))
SAMPLE = Path(__file__).parents[2] / "samples/lantern"
STYLE_DRIFT = "p15"
"""The sample's frame in colored pencil: its letters are smeared, which is drift."""
TITLES = {"p01": Box(0.0, 0.0, 0.45, 0.35), "p20": Box(0.05, 0.4, 0.55, 0.6)}
"""Where the sample's words without a balloon stand."""
PAPER_LIGHT = 215
"""Gray of the sample's balloons and more."""
TEXTS = (
    "Where is the last lamp?",
    "NO WAY!",
    "We have to go home now, the snow gets deep.",
    "MEANWHILE, AT THE HARBOR",
    "Où est le chat ?",
    "Где последний фонарь?",
    "你知道最后一盏灯在哪里吗？",
    "ランプはどこですか。",
    "마지막 등불은 어디에 있나요?",
)
TOP = Box(0.0, 0.0, 1.0, 0.4)
GONE, HALF, THERE = "gone", "half", "there"
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Case:
    """One pinned text on one picture."""

    truth: str
    distance: float
    verdict: str
    name: str


def cases(frame: Frame, words: Sequence[PinnedWords], truth: str, name: str) -> list[Case]:
    """What the check says of each of the words."""
    boxes = {words_box(one.place) for one in words}
    seen = SimpleNamespace(lettering=tuple(text_marks(frame, box) for box in boxes))
    results = lettering.measure(seen, Expected(encoders={}, lettering=tuple(words)))
    return [
        Case(truth, getattr(found.result, "distance", float("nan")), found.verdict.value, name)
        for found in judge(results, DEFAULT_TOLERANCES).findings
    ]


def pinned(order: FrameOrder) -> tuple[PinnedWords, ...]:
    return tuple(PinnedWords(one.text, one.place, one.speaker) for one in order.lettering)


# --- material -----------------------------------------------------------------------------------------------


def sample(orders: Iterable[FrameOrder]) -> Iterator[Case]:
    """The sample as drawn, with half of the letters, with none."""
    for order in orders:
        for kind in ("frames", "clean"):
            path = SAMPLE / kind / f"{order.panel}.png"
            if not path.exists() or (order.panel == STYLE_DRIFT and kind == "frames"):
                continue
            frame = read_frame(path, longest_side=WORKING_SIDE)
            name = f"{kind}/{order.panel}"
            yield from cases(frame, pinned(order), THERE, name)
            for truth, share in ((HALF, 0.5), (GONE, 1.0)):
                less = frame_from_array(painted_over(frame.pixels, order, share))
                yield from cases(less, pinned(order), truth, name)


def painted_over(pixels: Pixels, order: FrameOrder, share: float) -> Pixels:
    """The letters covered in this share of the width of each balloon or title, from the right."""
    out = pixels.copy()
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    title = TITLES.get(order.panel)
    if title is not None:
        left, top, right, bottom = title.pixels(pixels.shape[1], pixels.shape[0])
        part = np.ascontiguousarray(out[top:bottom, left:right])
        light = (gray[top:bottom, left:right] > gray[top:bottom, left:right].mean() + 40).astype(np.uint8)
        columns = np.flatnonzero(light.any(axis=0))
        light[:, : int(columns[0] + (1 - share) * (columns[-1] - columns[0]))] = 0
        mask = cv2.dilate(light, np.ones((7, 7), np.uint8))
        out[top:bottom, left:right] = cv2.inpaint(part, mask, 5, cv2.INPAINT_TELEA)
        return out
    for balloon in balloons(gray):
        x, _, wide, _ = cv2.boundingRect(balloon)
        inner = cv2.erode(balloon, np.ones((9, 9), np.uint8)) > 0
        inner[:, : int(x + (1 - share) * wide)] = False
        out[inner] = np.median(pixels[(balloon > 0) & (gray > PAPER_LIGHT)], axis=0)
    return out


def balloons(gray: Pixels) -> Iterator[Pixels]:
    """Light areas in the upper part with dark marks in them, filled."""
    paper = (gray > PAPER_LIGHT).astype(np.uint8)
    outlines, _ = cv2.findContours(paper, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        filled = np.zeros_like(paper)
        cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
        y = cv2.boundingRect(outline)[1]
        if cv2.contourArea(outline) > 0.005 * gray.size and y < 0.4 * len(gray):
            yield filled


def drafts(orders: Sequence[FrameOrder]) -> Iterator[Case]:
    """Previz drafts of the sample's panels with their words, with half of them, with none."""
    for order in orders:
        shown = [*order.style.references, *(path for one in order.characters for path in one.references)]
        digests = {path: digest_file(path) for path in shown}
        for truth in (THERE, HALF, GONE):
            said = tuple(replace(one, text=half(one.text)) for one in order.lettering)
            kept = {THERE: order.lettering, HALF: said, GONE: ()}[truth]
            asked = first_request(
                replace(order, lettering=kept),
                cast=[member.name for member in order.characters],
                digests=digests,
                abilities=ABILITIES,
            )
            made = draw(draft_of(asked))
            yield from cases(frame_from_array(made), pinned(order), truth, order.panel)


def half(text: str) -> str:
    return text[: len(text) // 2].strip()


def wordless() -> Iterator[tuple[str, Pixels]]:
    """Pictures in which nothing is written."""
    with (DATA / "comic/panels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["has_text"] != "1":
                yield row["panel"], _pixels(DATA / "comic" / row["path"])
    with (DATA / "generated/frames.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["role"] == "frame":
                yield row["file"], _pixels(DATA / "generated" / row["file"])


def set_into() -> Iterator[Case]:
    """Words set into pictures without any, at the top; and the same pictures without them."""
    for index, (name, pixels) in enumerate(wordless()):
        text = TEXTS[index % len(TEXTS)]
        speaker = "mara" if index % 2 else ""
        words = PinnedWords(text, TOP, speaker)
        with_words = set_words(pixels, [LetteringOrder(text, TOP, speaker)], ())
        yield from cases(frame_from_array(with_words), [words], THERE, f"{name} {text}")
        yield from cases(frame_from_array(pixels), [words], GONE, f"{name} {text}")


def anywhere() -> Iterator[Case]:
    """Comic panels with their own words, without a place; and wordless ones with the words of all others."""
    with (DATA / "comic/panels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    texts = [row["text"].replace(" | ", " ") for row in rows if row["has_text"] == "1"]
    for row in rows:
        frame = frame_from_array(_pixels(DATA / "comic" / row["path"]))
        own = [row["text"].replace(" | ", " ")] if row["has_text"] == "1" else texts
        truth = THERE if row["has_text"] == "1" else GONE
        for text in own:
            yield from cases(frame, [PinnedWords(text)], truth, row["panel"])


def _pixels(path: Path) -> Pixels:
    return read_frame(path, longest_side=WORKING_SIDE).pixels


# --- tables -------------------------------------------------------------------------------------------------


def area(gone: Sequence[float], there: Sequence[float]) -> float:
    """Chance that words that are gone are farther away than words that are there; ties count half."""
    one, other = np.array(gone)[:, None], np.array(there)[None, :]
    return float(((one > other) + 0.5 * (one == other)).mean())


def report(title: str, found: Iterable[Case]) -> None:
    listed = [one for one in found if np.isfinite(one.distance)]
    print(title)
    by_truth = {truth: [one for one in listed if one.truth == truth] for truth in (THERE, HALF, GONE)}
    for truth, mine in by_truth.items():
        if mine:
            verdicts = Counter(one.verdict for one in mine)
            low, middle, high = np.percentile([one.distance for one in mine], [5, 50, 95])
            print(
                f"  {truth:6}{len(mine):5}  distance {low:.2f} {middle:.2f} {high:.2f} (5, 50, 95 %)  "
                + "  ".join(f"{name} {verdicts[name]}" for name in ("consistent", "unsure", "drifted"))
            )
    gone, there = ([one.distance for one in by_truth[truth]] for truth in (GONE, THERE))
    print(f"  area under the curve, gone against there: {area(gone, there):.3f}")
    for one in by_truth[THERE]:
        if one.verdict != "consistent":
            print(f"    there, but {one.verdict}: {one.name} {one.distance:.2f}")


def main() -> None:
    orders = [order for order in plan(read_manifest(SAMPLE / "series.yaml")) if order.lettering]
    report("the sample, painted over", sample(orders))
    report("previz drafts", drafts(orders))
    if not DATA.is_dir():
        sys.exit(f"no development data at {DATA}: set SERIES_EVAL")
    report("words set into pictures without any, pinned to the top", set_into())
    report("whole comic panels, words without a place", anywhere())


if __name__ == "__main__":
    main()
