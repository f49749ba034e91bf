"""The command line: its commands, and how each of their outcomes becomes an exit code."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import shlex
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from dicomdir_studio import __version__
from dicomdir_studio.cli.outcome import Exit, clean, tell
from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.session.logs import log_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.cli.desktop import Desktop

_log = logging.getLogger(__name__)


# The module of each command, which is imported when the command is called: the imports of
# burning, pictures and papers take longer than indexing some thousand files.
COMMANDS: Final = {
    "add": "writing:add",
    "burn": "burning:burn",
    "charset": "charsets:charset",
    "check": "checking:check",
    "copy": "writing:copy",
    "create": "writing:create",
    "demo": "demo:demo",
    "find": "reading:find",
    "icons": "icons:icons",
    "image": "imaging:image",
    "label": "papers:label",
    "ls": "reading:list_records",
    "manifest": "writing:manifest",
    "presets": "presets:presets",
    "profiles": "profiling:profiles",
    "receipt": "papers:receipt",
    "recover": "writing:recover",
    "remove": "writing:remove",
    "sticks": "sticks:sticks",
    "values": "reading:values",
    "window": "main:window",
}


class _Group(click.Group):
    """A group of commands imported on demand, whose first word may be a path instead."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None if it does not exist."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        with paused_collection():  # submodules stay imported
            found: click.Command = getattr(
                importlib.import_module(f"dicomdir_studio.cli.{module}"), name
            )
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Treat words that are not commands as paths to open."""
        if args[0] in COMMANDS:
            return super().resolve_command(ctx, args)
        if os.sep in args[0] or Path(args[0]).exists():
            return "window", window, args
        import difflib  # noqa: PLC0415 - for typing errors alone

        close = difflib.get_close_matches(args[0], COMMANDS, n=1)
        hint = f" Perhaps {close[0]}?" if close else ""
        raise click.UsageError(f"{args[0]!r} is neither a command nor a path.{hint}", ctx)


@click.group(
    cls=_Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="[PATH...] | COMMAND [ARGS]...",
)
@click.version_option(__version__, prog_name="dicomdir-studio")
@click.pass_context
def commands(context: click.Context) -> int | None:
    """Open, check, change and write DICOM media (File-sets and their DICOMDIR).

    With paths, or without arguments, the window opens.

    Every command exits with 0 if everything was done, 1 if part of it was (refused items are
    listed on standard error) and 2 if nothing was; Ctrl-C cancels and exits with 2.
    """
    if context.invoked_subcommand is None:
        return _open_window(context, [])
    return None


def _open_window(context: click.Context, paths: list[str]) -> int:
    """Open the window on `paths`."""
    desktop: Desktop = context.obj
    return desktop.open_window(paths)


@click.command("window")
@click.argument("paths", nargs=-1)
@click.pass_context
def window(context: click.Context, paths: tuple[str, ...]) -> int:
    """Open the window on PATHS (the word "window" may be omitted)."""
    return _open_window(context, list(paths))


def run(arguments: Sequence[str], desktop: Desktop) -> int:
    """Run one command line and return its exit code; never raises.

    Parameters
    ----------
    arguments : sequence of str
        The words after the program's name.
    desktop : Desktop
        Opens the window; passed in, since the command line must not import it.

    Returns
    -------
    int
        0 if everything was done, 1 if part of it was, 2 if nothing was.
    """
    outputs = sys.stdout, sys.stderr
    with warnings.catch_warnings(), _ending_without_complaint():
        warnings.simplefilter("default")
        warnings.showwarning = _tell_warning  # type: ignore[assignment]
        try:
            ended = commands.main(
                list(arguments), "dicomdir-studio", standalone_mode=False, obj=desktop
            )
        except click.ClickException as error:
            if not isinstance(error, click.exceptions.NoArgsIsHelpError):  # pages of our own
                error.message = clean(error.message)  # type: ignore[misc]
            with contextlib.suppress(OSError):
                error.show()
            return Exit.NOTHING
        except (OperationCancelledError, click.Abort, KeyboardInterrupt) as error:
            tell(_cancelled(error))
            return Exit.NOTHING
        except StudioError as error:
            tell(f"error: {error}")
            if folder := getattr(error, "folder", ""):  # of a `NoDirectoryError`
                name = f'"{folder}"' if os.name == "nt" else shlex.quote(folder)
                tell(f"To do so: dicomdir-studio create --keep-layout {name} {name}")
            return Exit.NOTHING
        except (BrokenPipeError, SystemExit) as error:
            # click wraps the outputs and ends, where the reader of one has gone.
            if isinstance(error, SystemExit) and sys.stdout is outputs[0]:
                raise
            sys.stdout, sys.stderr = outputs
            return _output_closed()
        except Exception as error:  # noqa: BLE001 - the last resort; a traceback helps no one here
            return _output_full(error) if _is_of_output(error) else _unforeseen(error)
    return int(ended or 0)


def _unforeseen(error: Exception) -> int:
    """Report an unexpected error and log its traceback."""
    _log.error("Unforeseen", exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    tell(f"error: an unexpected error occurred ({reason}). Details: {log_path()}")
    return Exit.NOTHING


def _is_of_output(error: Exception) -> bool:
    """Return whether an error was raised by printing results; `tell` raises none."""
    frames = traceback.walk_tb(error.__traceback__)
    return isinstance(error, OSError) and any(
        frame.f_code is click.echo.__code__ for frame, _ in frames
    )


def _output_full(error: Exception) -> int:
    """Report that standard output cannot be written to, as on a full disk."""
    why = getattr(error, "strerror", None) or str(error)
    tell(
        f"error: The results cannot be written to standard output ({why}). Make room or send "
        "them elsewhere, and call again; what was done before stays done"
    )
    return Exit.PARTLY


@contextlib.contextmanager
def _ending_without_complaint() -> Iterator[None]:
    """Keep the interpreter from writing again, at exit, what an output did not accept."""
    try:
        yield
    finally:
        for output in (sys.stdout, sys.stderr):
            try:
                if output is not None:
                    output.flush()
            except OSError:
                _lead_nowhere(output)


def _cancelled(error: BaseException) -> str:
    """Return the message for a cancelled command; a disc may have been burned nevertheless."""
    plain = OperationCancelledError().what
    if isinstance(error, OperationCancelledError) and error.what != plain:
        return error.what
    if not isinstance(error, OperationCancelledError):
        return "Cancelled"  # cancelled outside a job: an earlier job may have written something
    return "Cancelled; nothing was changed"


def _tell_warning(message: Warning | str, *_rest: Any) -> None:
    """Show a warning as one line."""
    tell(f"warning: {message}")


def _output_closed() -> int:
    """Exit quietly if the reader of our output has gone (``ls | head``)."""
    # The interpreter flushes standard output at its end and would complain again.
    _lead_nowhere(sys.stdout)
    return Exit.DONE


def _lead_nowhere(output: TextIO) -> None:
    """Redirect an output to the null device."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, output.fileno())
    finally:
        os.close(nowhere)
