"""The command that compares readings of the records' text and corrects their character set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import (
    backup_option,
    dry_run_option,
    path_argument,
    salvage_option,
    verify_option,
)
from dicomdir_studio.cli.outcome import Exit, counted, say, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.cli.writing import carry_out
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset import TextGroup

_SHOWN = 3


@click.command("charset")
@path_argument
@click.argument("term", required=False)
@click.option("--group", type=int, help="Correct the records of this group of the list only.")
@dry_run_option
@verify_option
@backup_option
@salvage_option
def charset(
    path: Path,
    term: str | None,
    *,
    group: int | None,
    dry_run: bool,
    verify: bool,
    backup: bool,
    salvage: bool,
) -> int:
    """List possible readings of the text of the records at PATH, or correct them to use TERM.

    Only the DICOMDIR is written; the files stay as they are. Without --group, TERM applies to
    the records whose text cannot be in the character set that they declare or, if there are
    none, to all with text beyond ASCII. Text in character sets that the Standard does not
    define (windows-1251, shift_jis, ...) is converted to Unicode.
    """
    file_set = loaded(path, salvage=salvage)
    groups = run_job("Comparing readings", lambda _monitor: file_set.readings())
    if not groups:
        tell("All text is ASCII, which is the same in every character set")
        return Exit.DONE
    if term is None:
        for number, one in enumerate(groups, 1):
            _show(number, one)
        return Exit.DONE
    if group is not None and not 1 <= group <= len(groups):
        raise FileSetError(f"There is no group {group}", remedy=f"There are {len(groups)}")
    chosen = None if group is None else groups[group - 1].records
    change = file_set.apply_charset(term, chosen)
    if not change:
        tell("Nothing to write: the records already declare this character set")
        return Exit.NOTHING
    say(f"{counted(len(change.rewritten), 'record')} to declare {term}")
    plan = file_set.plan(layout=Layout.KEEP, backup=backup)
    return carry_out(file_set, plan, dry_run=dry_run, verify=verify, otherwise=Exit.DONE)


def _show(number: int, group: TextGroup) -> None:
    """Print the possible readings of one group."""
    state = "" if group.sound else ", which cannot be"
    declared = f"'{group.declared}'" if group.declared else "no character set"
    say(f"Group {number}: {counted(len(group.records), 'record')} with {declared}{state}")
    say(f"  {'as it is now':<32}  {' | '.join(group.samples[:_SHOWN])}")
    for reading in group.readings:
        say(f"  {reading.term:<32}  {' | '.join(reading.samples[:_SHOWN])}  ({reading.label})")
    if not group.readings:
        say("  no character set fits; the bytes are damaged")
