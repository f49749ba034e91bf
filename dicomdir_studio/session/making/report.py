"""What came of making media, by patient and series, as rows and as plain text to keep."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.session.safe_files import write_text_safely
from dicomdir_studio.storage import NameClashError, manifest_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from dicomdir_studio.session.making.content import Branch
    from dicomdir_studio.session.making.making import MadeMedium, Step

COLUMNS = ("Medium", "Patient", "Patient ID", "Study", "Date", "Series", "Modality", "Instances",
           "Bytes", "Outcome")  # fmt: skip


class Line(NamedTuple):
    """One series on one medium, and what came of it.

    Attributes
    ----------
    medium : str
        Volume name, or number of the medium.
    patient, patient_id, study, date, series, modality : str
        As the records have them.
    instances, bytes : int
        How many, and the bytes of their files.
    outcome : str
        In words.
    is_good : bool
        Whether it is on the medium.
    place : int
        Which step of all it was to be made in.
    names : tuple of str
        File IDs of the instances.
    """

    medium: str
    patient: str
    patient_id: str
    study: str
    date: str
    series: str
    modality: str
    instances: int
    bytes: int
    outcome: str
    is_good: bool = True
    place: int = 1
    names: tuple[str, ...] = ()

    def as_row(self) -> dict[str, str]:
        """Return the line as a row to save."""
        return dict(zip(COLUMNS, map(str, self[: len(COLUMNS)]), strict=True))


def lines_of(
    steps: Sequence[Step], outcomes: Mapping[int, str], good: Collection[int]
) -> list[Line]:
    """Return what came of every series on every medium.

    Parameters
    ----------
    steps : sequence of Step
        The media that were to be made.
    outcomes : mapping of int to str
        What came of each, in words, by place of the step.
    good : collection of int
        Places of the steps whose medium was made.
    """
    return [
        line
        for step in steps
        for patient in step.disc.branches
        for line in _lines(step, patient, outcomes[step.place], is_good=step.place in good)
    ]


def name_of(step: Step) -> str:
    """Return how a medium is called: its volume name, else its number, and which copy it is."""
    plan = step.disc.plan
    name = plan.file_set_id or f"{plan.number} of {plan.of}"
    return f"{name} (copy {step.copy})" if step.copy > 1 else name


def _lines(step: Step, patient: Branch, outcome: str, *, is_good: bool) -> Iterator[Line]:
    """Yield the series of a patient, and what lies beside series."""
    medium = name_of(step)
    who = (patient.title, patient.identifier) if patient.kind == "PATIENT" else (patient.kind, "")
    for study in patient.children or (patient,):
        what = ("", "") if study is patient else (study.title or study.number, study.detail)
        for series in study.children or (study,):
            title = series.title or series.number or series.kind
            yield Line(
                medium, *who, *what,
                "" if series is patient or series is study else title,
                series.detail if series.kind == "SERIES" else "",
                len(series.names), series.size, outcome, is_good, step.place, series.names,
            )  # fmt: skip


def manifest_digest(made: MadeMedium) -> str:
    """Return the SHA-256 of the manifest: what ``sha256sum`` prints for all files, sorted."""
    return hashlib.sha256(manifest_text(made.digests).encode("utf-8")).hexdigest()


def receipt_text(lines: Sequence[Line], made: Sequence[MadeMedium], title: str) -> str:
    """Return the receipt as plain text.

    Parameters
    ----------
    lines : sequence of Line
        What came of every series.
    made : sequence of MadeMedium
        The media that were made.
    title : str
        What was made, in a line.
    """
    parts = [title, f"{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}", ""]
    media = list(dict.fromkeys(line.medium for line in lines))
    by_name = {name_of(one.step): one for one in made}
    for medium in media:
        parts.append(medium)
        one = by_name.get(medium)
        if one is not None:
            state = "verified" if one.verified else "not verified"
            parts.append(f"  {one.where}: {len(one.digests)} files, {one.bytes:,} bytes, {state}")
            parts.append(f"  SHA-256 of the manifest: {manifest_digest(one)}")
        for line in lines:
            if line.medium == medium:
                told = (line.patient, line.patient_id, line.study, line.date, line.series)
                parts.append(f"  {' | '.join(text for text in told if text)}")
                parts.append(
                    f"    {line.instances} instances, {line.bytes:,} bytes: {line.outcome}"
                )
        parts.append("")
    return "\n".join(parts)


def write_new(path: Path, text: str) -> None:
    """Write a text to a file that is not there yet.

    Raises
    ------
    NameClashError
        If there is such a file; it stays as it is.
    StorageError
        If it cannot be written.
    """
    if os.path.lexists(path):
        raise NameClashError(
            "A file of that name already exists", where=path, remedy="Choose another name"
        )
    write_text_safely(path, text)


def receipt_html(
    lines: Sequence[Line], made: Sequence[MadeMedium], title: str, about: Sequence[str]
) -> str:
    """Return the receipt as a page to print.

    Parameters
    ----------
    lines, made, title
        As for `receipt_text`.
    about : sequence of str
        Who hands it out and to whom, a line each.
    """
    parts = [f"<h2>{escape(title)}</h2>"]
    parts += [f"<p>{escape(text)}</p>" for text in about if text]
    parts.append(f"<p>{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}</p>")
    by_name = {name_of(one.step): one for one in made}
    for medium in dict.fromkeys(line.medium for line in lines):
        parts.append(f"<h3>{escape(medium)}</h3>")
        one = by_name.get(medium)
        if one is not None:
            parts.append(
                f"<p>{len(one.digests)} files, {one.bytes:,} bytes<br>"
                f"SHA-256 of the manifest: {manifest_digest(one)}</p>"
            )
        heads = ("Patient", "Study", "Series", "Instances", "Bytes", "Outcome")
        cells = "".join(f"<th align='left'>{head}</th>" for head in heads)
        parts.append(f"<table cellspacing='0' cellpadding='3' width='100%'><tr>{cells}</tr>")
        for line in lines:
            if line.medium == medium:
                row = (
                    f"{line.patient} {line.patient_id}",
                    f"{line.study} {line.date}",
                    f"{line.modality} {line.series}",
                    f"{line.instances:,}",
                    f"{line.bytes:,}",
                    line.outcome,
                )
                parts.append(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>")
        parts.append("</table>")
    return "".join(parts)
