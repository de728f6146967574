"""The command line: one app, and every outcome turned into an exit code and one message."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Annotated, NoReturn, cast

import typer

from series.commands.audit import audit
from series.commands.compare import compare_pictures
from series.commands.doctor import doctor
from series.commands.looking import judge, promote, status
from series.commands.manifest import init, lock, schema
from series.commands.models import models
from series.commands.options import BUG, CONSISTENT, EXIT_CODES, INPUT_ERROR, INTERRUPTED, discard_output
from series.commands.providers import providers
from series.commands.run import report, run

RAN = (
    "Exit codes: 0 all accepted, 1 a person has to decide, 2 input error or unfinished, 3 a bug, "
    "130 interrupted."
)
ALL = (
    "Exit codes: 0 all well, 1 a person has to decide or drift was found, 2 wrong input or panels left over, "
    "3 a bug, 130 interrupted."
)
JUDGED = EXIT_CODES.replace("drift found", "a frame that was kept has drifted")
AUDITED = EXIT_CODES.replace("error,", "error, an unreadable frame (or unsure, with --strict),")

app = typer.Typer(
    name="series",
    help="Make pictures in series, and check them for drift from what a manifest pins: identity, color, "
    "style, rendering, picture, lettering.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Start with `series init my-series`, or read the README. {ALL}",
)

app.command(epilog=RAN)(run)
app.command(epilog=RAN)(report)
app.command(epilog=RAN)(status)
app.command(epilog=JUDGED)(judge)
app.command()(promote)
app.command(epilog=AUDITED)(audit)
app.command(
    name="compare",
    epilog="Exit codes: 0 measured, 2 input error or a pair that could not be measured, 3 a bug, "
    "130 interrupted.",
)(compare_pictures)
app.command()(lock)
app.add_typer(models, name="models")
app.command()(doctor)
app.command()(providers)
app.command()(schema)
app.command()(init)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's callback form
    if asked:
        from series.version import package_version

        typer.echo(f"series-consistency {package_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; turn every outcome into an exit code and one message."""
    _open_closed_streams()
    signal.signal(signal.SIGTERM, _terminated)
    code = _run(sys.argv[1:])
    if code == INTERRUPTED:
        _leave_now(code)
    sys.exit(code)


def _leave_now(code: int) -> NoReturn:
    """Threads that still wait for a provider may be inside of foreign code, which aborts when Python ends
    them one by one."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_closed_streams() -> None:
    """`series ... >&-` leaves no stream, and its number to the next file opened: printing would go there."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _terminated(number: int, _frame: object) -> None:
    """End in order: temporary files are removed, workers are told."""
    raise SystemExit(128 + number)


def _run(arguments: list[str]) -> int:
    try:
        from consistency import ConsistencyError
        from series.errors import SeriesError
    except ImportError as error:  # OpenCV without libGL: the message says what to install
        typer.echo(f"error: {error}", err=True)
        return INPUT_ERROR
    try:
        return _invoke(arguments)
    except _UsageError as error:
        error.show()
        return INPUT_ERROR
    except (ConsistencyError, SeriesError) as error:
        typer.echo(f"error: {error}", err=True)
        return INPUT_ERROR
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted; what was observed is kept, the same command goes on from there", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left: `series ... | head`
        discard_output()
        return CONSISTENT
    except Exception:  # noqa: BLE001 - the one place where a bug becomes a log
        from series.bug import write_bug_log

        typer.echo(write_bug_log(arguments), err=True)
        return BUG


def _invoke(arguments: list[str]) -> int:
    """Without typer's own main, which gives interruptions and broken pipes exit codes of its own."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("series", list(arguments)) as context:
            command.invoke(context)
        code = CONSISTENT
    except typer.Exit as done:
        code = int(done.exit_code)
    sys.stdout.flush()  # here, where a reader who left is no error
    return code


_UsageError = cast(
    "type[typer.BadParameter]",
    next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"),
)
"""What typer raises for wrong options: its own copy of click's class, or click's, by its version."""
