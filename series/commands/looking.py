"""What looks at a run afterwards and asks for nothing: `series status`, `series judge`, `series promote`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from series.commands.options import (
    CONSISTENT,
    DRIFT,
    INPUT_ERROR,
    EncoderName,
    JsonFile,
    ModelsFolder,
    console_on,
    reader_may_leave,
)
from series.commands.outputs import check_writable
from series.commands.run import OutFolder, StoreUrl

if TYPE_CHECKING:
    from rich.console import Console

    from consistency import Box
    from series.promote import TakenBack
    from series.run.rejudge import Rejudged, Rejudgment
    from series.run.status import SeriesStatus

UsualManifest = Annotated[
    Path,
    typer.Argument(metavar="MANIFEST", help="The series manifest. Left out: series.yaml in this folder."),
]
SERIES_YAML = Path("series.yaml")
_STATES = {"accepted": "accepted", "person": "a person decides", "unfinished": "unfinished"}
_COUNTED = {"accepted": "accepted", "person": "left to a person", "unfinished": "unfinished"}
_STYLES = {"accepted": "green", "person": "yellow", "unfinished": "dim"}


def status(
    manifest: UsualManifest = SERIES_YAML,
    out: OutFolder = None,
    store: StoreUrl = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say where each panel of a series stands, what it cost, and what to do next. Also while a run works."""
    from series.run.status import status_of

    found = status_of(manifest, out, store)
    with reader_may_leave():
        if as_json:
            sys.stdout.write(_status_json(found))
        else:
            _print_status(found, console_on(stderr=False))
        sys.stdout.flush()
    raise typer.Exit(
        INPUT_ERROR if found.count("unfinished") else DRIFT if found.count("person") else CONSISTENT
    )


def judge(
    manifest: UsualManifest = SERIES_YAML,
    out: OutFolder = None,
    store: StoreUrl = None,
    json_file: JsonFile = None,
) -> None:
    """Judge what runs measured again, under the tolerances that the manifest gives now. Asks for nothing."""
    from consistency import Verdict
    from series.files import write_atomically
    from series.run.rejudge import rejudge

    check_writable({"--json": json_file}, inputs=(manifest, manifest.with_suffix(".lock")))
    found = rejudge(manifest, out, store)
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(_judged_json(found))
        _print_judged(found, console_on(stderr=json_file == Path("-")))
        sys.stdout.flush()
    if json_file is not None and json_file != Path("-"):
        write_atomically(json_file, _judged_json(found))
    drifted = any(one.now is Verdict.DRIFTED for one in found.panels)
    raise typer.Exit(DRIFT if drifted else CONSISTENT)


def promote(
    panel: Annotated[str, typer.Argument(metavar="PANEL", help="Whose frame becomes a reference.")],
    manifest: UsualManifest = SERIES_YAML,
    subject: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Of whom: a character, character/outfit, or style.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the lock.")] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who does it. Left out: your user name.")
    ] = "",
    box: Annotated[
        str,
        typer.Option(
            "--box",
            metavar="l,t,r,b",
            help="The part of the frame, as fractions. Left out: where the check found the character.",
        ),
    ] = "",
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Also a frame that is not accepted, or shows another outfit.")
    ] = False,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Take back what was promoted from PANEL (as NAME, if it is said)."),
    ] = False,
    out: OutFolder = None,
    store: StoreUrl = None,
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
) -> None:
    """Make an accepted frame a reference. series.lock records who did it, when and why."""
    from series.encoders import EncoderOptions
    from series.errors import SeriesError
    from series.promote import PromoteOptions, promote_frame, take_back

    _check_order(panel, manifest, undo=undo)
    if undo:
        _say_taken_back(take_back(manifest, panel, subject))
        return
    if not subject:
        raise SeriesError(
            f"--as is missing: of whom is {panel} a reference? --as mara, --as mara/winter or --as style"
        )
    if not reason and sys.stdin.isatty():
        reason = str(typer.prompt("why"))
    options = PromoteOptions(
        manifest,
        panel,
        subject,
        reason,
        by or _user(),
        _box(box),
        even_so=even_so,
        encoder=EncoderOptions(encoder, models),
    )
    done = promote_frame(options, out, store)
    if done.made_lock:
        typer.echo(f"locked {done.lock}, which was not there")
    typer.echo(f"{panel} is a reference of {subject}: {done.file}, kept in {done.lock}")
    if done.asked_anew:
        typer.echo(
            f"the next `series run` asks anew for {_listed(done.asked_anew)}; "
            f"`series run {manifest} --dry-run` says what that costs"
        )
    else:
        typer.echo(
            "no request changes: the generator takes no more references; frames are measured against it"
        )


def _check_order(panel: str, manifest: Path, *, undo: bool) -> None:
    """Every other command begins with the manifest, so people begin with it here too."""
    from series.errors import SeriesError

    if not panel.lower().endswith((".yaml", ".yml")):
        return
    swapped = str(manifest) if manifest != SERIES_YAML else "PANEL"
    rest = "--undo" if undo else "--as NAME"
    raise SeriesError(
        f"{panel} stands where the panel is wanted; the panel comes first, the manifest after it: "
        f"series promote {swapped} {panel} {rest}"
    )


def _say_taken_back(done: TakenBack) -> None:
    for file in done.files:
        typer.echo(f"no reference any more, and removed: {file}")
    if done.emptied:
        typer.echo(f"removed {done.emptied}/, which was empty then")
    still = (
        f", {done.left:,} promoted {'frame' if done.left == 1 else 'frames'} among it" if done.left else ""
    )
    typer.echo(f"{done.lock} stays, with everything else that it pins{still}")
    typer.echo("requests are again as before: what was made for them is kept, and not paid for again")


# --- printing ---------------------------------------------------------------------------------------------


def _status_json(found: SeriesStatus) -> str:
    from dataclasses import asdict

    said = {"schema": "series.status/1", **asdict(found)}
    said["next"] = said.pop("following")
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _print_status(found: SeriesStatus, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from series.report.terminal import one_line
    from series.report.words import one_direction, without_paths

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("panel", no_wrap=True)
    for name in ("asked", "pictures", "repairs", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stands", ratio=1)
    for one in found.panels:
        said = Text(_STATES.get(one.state, one.state), style=_STYLES.get(one.state, ""))
        if one.reason and (one.state != "accepted" or one.to_look_at):
            said.append(f": {without_paths(one_direction(one.reason))}", style="dim")
        if one.moved:
            said.append(f" ({one_direction('; '.join(one.moved))})", style="dim")
        cost = f"${one.usd:.2f}" + (f" + ${one.usd_unknown:.2f}?" if one.usd_unknown else "")
        counted = (f"{number:,}" for number in (one.requests, one.pictures, one.repairs))
        stands = one_line(said) if one.state == "accepted" else said  # what is to be done is never cut
        table.add_row(Text(one_direction(one.panel), style="bold"), *counted, cost, stands)
    console.print(Text(one_direction(found.series), style="bold"), soft_wrap=True)
    console.print(table)
    look = f" ({found.to_look_at:,} of them to look at)" if found.to_look_at else ""
    counts = ", ".join(
        f"{found.count(state):,} {words}{look if state == 'accepted' else ''}"
        for state, words in _COUNTED.items()
    )
    maybe = f", ${found.usd_unknown:.2f} more may have been billed" if found.usd_unknown else ""
    console.print(Text(f"{counts}. ${found.usd:.2f}{maybe}."), soft_wrap=True)
    if found.at_work:
        console.print(Text(one_direction(found.at_work)), soft_wrap=True)
    console.print(Text(f"next: {one_direction(found.following)}"), soft_wrap=True)


def _judged_json(found: Rejudgment) -> str:
    said = {
        "schema": "series.judged/1",
        "series": found.series,
        "pictures": found.pictures,
        "lost": found.lost,
        "notes": found.notes,
        "panels": [_panel_json(one) for one in found.panels],
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _panel_json(one: Rejudged) -> dict[str, object]:
    from series.run.rejudge import words_of

    return {
        "panel": one.panel,
        "state": one.state,
        "image": one.image,
        "before": one.before.value if one.before else None,
        "now": one.now.value if one.now else None,
        "deciding": words_of(one.deciding) if one.deciding else "",
        "check": one.deciding.result.check if one.deciding else "",
        "run": one.following,
    }


def _print_judged(found: Rejudgment, console: Console) -> None:
    from rich.text import Text

    from series.report.words import one_direction
    from series.run.rejudge import ASKS, MEASURES, PERSON, TAKES, words_of

    changed = [one for one in found.panels if one.changed]
    for one in changed:
        before, now = (verdict.value if verdict else "?" for verdict in (one.before, one.now))
        why = f": {words_of(one.deciding)}" if one.deciding else ""
        console.print(Text(one_direction(f"{one.panel}  {before} → {now}{why}")), soft_wrap=True)
    frames = sum(one.now is not None for one in found.panels)
    console.print(
        Text(f"{found.pictures:,} pictures judged again; of {frames:,} frames {len(changed):,} changed.")
    )
    for note in found.notes:
        console.print(Text(f"note: {one_direction(note)}", style="dim"), soft_wrap=True)
    plans = {
        ASKS: "asks again for",
        TAKES: "takes another look at what is there of",
        MEASURES: "measures again",
        PERSON: "leaves to a person",
    }
    told = [
        f"{words} {_listed(found.following(what))}" for what, words in plans.items() if found.following(what)
    ]
    said = "; ".join(told) if told else "keeps every frame"
    console.print(Text(one_direction(f"`{found.again}` {said}.")), soft_wrap=True)


def _listed(panels: tuple[str, ...], most: int = 20) -> str:
    more = f" and {len(panels) - most:,} more" if len(panels) > most else ""
    return ", ".join(panels[:most]) + more


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user of that number
        return "unknown"


def _box(text: str) -> Box | None:
    from consistency import Box
    from series.errors import SeriesError

    if not text:
        return None
    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
        return Box(left, top, right, bottom)
    except ValueError as error:
        raise SeriesError(f"--box {text}: left,top,right,bottom as fractions of the frame: {error}") from None
