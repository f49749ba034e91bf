"""The outcome of a command: its exit code, and messages on standard error."""

from __future__ import annotations

import enum
import logging
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.errors import StudioError
    from dicomdir_studio.fileset import FileSet

_log = logging.getLogger(__name__)

# Control characters, what turns the direction of text around, line ends of Unicode, half pairs.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNDECODED = range(0xDC80, 0xDD00)


class Exit(enum.IntEnum):
    """The exit codes of every command."""

    DONE = 0
    PARTLY = 1
    NOTHING = 2


def clean(text: object) -> str:
    """Return `text` as one line, control characters escaped so that none reaches the terminal."""
    return _CONTROL.sub(_escaped, str(text))


def _escaped(found: re.Match[str]) -> str:
    """Return a control character, or a byte of a name that could not be decoded, in ASCII."""
    character = found[0]
    number = ord(character)
    if number in _UNDECODED:
        number -= _UNDECODED.start - 0x80
    code = f"\\u{number:04x}" if number >> 8 else f"\\x{number:02x}"
    return _NAMED.get(character, code)


def say(text: str) -> None:
    """Print one line of results on standard output."""
    click.echo(clean(text))


def tell(text: object) -> None:
    """Print one line on standard error; if that fails, the command goes on without it."""
    try:
        click.echo(clean(text), err=True)
    except BrokenPipeError:
        raise
    except OSError:
        _log.exception("Cannot write to standard error")


def list_refused(refused: Sequence[tuple[str, StudioError]]) -> None:
    """List the refused paths on standard error, each with its reason."""
    for path, error in refused:
        line = str(error)
        tell(f"refused: {line}" if path in line else f"refused: {path}: {line}")
    if refused:
        tell(f"{counted(len(refused), 'path')} refused")


def note_findings(file_set: FileSet, *, limit: int = 20) -> None:
    """List the findings of loading a File-set on standard error, at most `limit` lines."""
    findings = file_set.findings
    for found in findings[:limit]:
        tell(str(found))
    if len(findings) > limit:
        tell(f"... and {len(findings) - limit} more")
    if missing := len(file_set.missing):
        tell(f"warning: {counted(missing, 'instance')} left out, because the file is missing")


def ending(done: int, refused: Iterable[object]) -> Exit:
    """Return the exit code for `done` units and what was `refused`."""
    if not any(True for _ in refused):
        return Exit.DONE
    return Exit.PARTLY if done else Exit.NOTHING


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural if needed ("1 file", "2,000 files")."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def sized(amount: int) -> str:
    """Return a number of bytes in a suitable unit, decimal as media are labelled."""
    value, unit = float(amount), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":  # noqa: PLR2004 - decimal units
            break
        value /= 1000
    return f"{amount} B" if unit == "B" else f"{value:.1f} {unit}"
