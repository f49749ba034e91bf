"""The command that compares files with records: check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import json_option, path_argument, salvage_option
from dicomdir_studio.cli.outcome import Exit, clean, counted, say
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.fileset.file_names import NAMED_OTHERWISE
from dicomdir_studio.fileset.identity import CUT_OFF
from dicomdir_studio.session.export import as_json as rows_as_json

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset import FileSet, Finding


@click.command("check")
@path_argument
@json_option
@salvage_option
def check(path: Path, *, as_json: bool, salvage: bool) -> int:
    """Compare every file of the File-set at PATH with the record that references it.

    Exits with 1 if something is wrong: a file contains another instance, or one of another
    patient, than its record says, a file is cut off or missing, its name only resembles what
    the record says, the DICOMDIR is damaged.
    """
    file_set = loaded(path, salvage=salvage)
    findings = run_job("Checking files", lambda monitor: file_set.check_files(monitor=monitor))
    if as_json:
        click.echo(rows_as_json([_row(finding) for finding in findings]), nl=False)
    else:
        for finding in findings:
            say(clean(finding))
        say(_summary(file_set, findings))
    whole = not (findings or file_set.missing or file_set.findings)
    return Exit.DONE if whole else Exit.PARTLY


def _row(finding: Finding) -> dict[str, object]:
    """Return a finding as a row."""
    return {
        "severity": str(finding.severity),
        "what": finding.what,
        "where": finding.where,
        "clause": finding.clause,
        "remedy": finding.remedy,
    }


def _summary(file_set: FileSet, findings: list[Finding]) -> str:
    """Return the result in one line."""
    compared = f"{counted(len(file_set), 'file')} compared with the records"
    cut_off = sum(finding.brief == CUT_OFF for finding in findings)
    otherwise = sum(finding.brief == NAMED_OTHERWISE for finding in findings)
    other = len(findings) - cut_off - otherwise
    faults = [f"{other} not what the record says"] if other else []
    faults += [f"{cut_off} cut off"] if cut_off else []
    wrong = ", ".join(faults) or "all are what they say"
    missing = f", {counted(len(file_set.missing), 'file')} missing" if file_set.missing else ""
    names = ", not all named as the records say" if otherwise else ""
    return f"{compared}: {wrong}{names}{missing}"
