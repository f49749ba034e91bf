"""Web pages of a medium: an index by patient, a page per study (XHTML, IHE RAD TF-2 4.47)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.standard.pdi import INDEX, README, WEB_DIRECTORY

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.gallery import Gallery

_TEXT_LENGTH: Final = 64
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")

PAGE_BYTES: Final = 3_000
"""Maximum size of a page without its patients, studies, series and pictures."""
ROW_BYTES: Final = 3_000
"""Maximum size of a patient, a study or a series on a page."""
PICTURE_BYTES: Final = 400
"""Maximum size of a picture or another instance on a page."""

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>{title}</title>
<style type="text/css">
body {{ font-family: sans-serif; margin: 2em; color: #222; background: #fff; }}
table {{ border-collapse: collapse; margin-bottom: 2em; }}
th, td {{ text-align: left; padding: 0.3em 1em 0.3em 0; border-bottom: 1px solid #ccc; }}
img {{ height: 256px; max-width: 100%; object-fit: contain; margin: 0.2em; border: 0; \
background: #000; }}
.note {{ color: #555; }}
</style>
</head>
<body>
"""
_TAIL: Final = "</body>\n</html>\n"


@dataclass(slots=True)
class _Series:
    """A series on a medium."""

    row: int
    instances: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Study:
    """A study on a medium, its patient, and the page that shows it."""

    row: int
    patient: int
    page: str
    series: dict[int, _Series] = field(default_factory=dict)


class Pages:
    """The pages of one medium.

    Parameters
    ----------
    directory : MediumDirectory
        The records of the medium.
    gallery : Gallery
        The pictures.
    title : str
        The heading of the index.
    note : str
        A line below it: the number of the disc, and that the pages are not for diagnosis.
    """

    def __init__(self, directory: MediumDirectory, gallery: Gallery, title: str, note: str) -> None:
        self._directory = directory
        self._gallery = gallery
        self._title = title
        self._note = note

    def all(self) -> dict[str, bytes]:
        """Return the pages by name on the medium."""
        studies = self._studies()
        pages = {INDEX: self._index(studies)}
        for study in studies:
            pages[f"{WEB_DIRECTORY}/{study.page}"] = self._study_page(study)
        return {name: text.encode("utf-8") for name, text in pages.items()}

    def _studies(self) -> list[_Study]:
        """Return the studies in the order of their records."""
        found: dict[int, _Study] = {}
        for name, leaf in self._directory.leaves.items():
            chain = self._directory.chain(leaf)
            if len(chain) < 4:  # noqa: PLR2004 - patient, study, series, instance
                continue
            patient, row, series = chain[:3]
            if row not in found:
                found[row] = _Study(row, patient, f"ST{len(found):06d}.HTM")
            entry = found[row].series.setdefault(series, _Series(series))
            entry.instances.append(name)
        return list(found.values())

    def _index(self, studies: list[_Study]) -> str:
        """Return the page of all patients and their studies."""
        parts = [
            _HEAD.format(title=_shown(self._title)),
            f"<h1>{_shown(self._title)}</h1>\n",
            f'<p class="note">{escape(self._note)}</p>\n',
            f'<p><a href="{README}">About this medium</a></p>\n',
        ]
        patient = None
        for study in studies:
            if study.patient != patient:
                parts.append("</table>\n" if patient is not None else "")
                patient = study.patient
                parts.append(self._patient_heading(patient))
                parts.append("<table>\n<tr><th>Date</th><th>Study</th><th>Series</th></tr>\n")
            record = self._directory.record(study.row)
            text = record.get("StudyDescription") or record.get("StudyID") or "Study"
            parts.append(
                f"<tr><td>{_shown(_date(record.get('StudyDate')))}</td>"
                f'<td><a href="{WEB_DIRECTORY}/{study.page}">{_shown(text)}</a></td>'
                f"<td>{len(study.series)}</td></tr>\n"
            )
        parts.append("</table>\n" if patient is not None else "<p>No images.</p>\n")
        parts.append(_TAIL)
        return "".join(parts)

    def _patient_heading(self, row: int) -> str:
        """Return the heading of a patient."""
        record = self._directory.record(row)
        name = _name(record)
        born = _date(record.get("PatientBirthDate"))
        more = f", born {born}" if born else ""
        return f"<h2>{_shown(name)} ({_shown(record.get('PatientID'))}{_shown(more)})</h2>\n"

    def _study_page(self, study: _Study) -> str:
        """Return the page of one study."""
        record = self._directory.record(study.row)
        title = record.get("StudyDescription") or record.get("StudyID") or "Study"
        parts = [
            _HEAD.format(title=_shown(title)),
            f'<p><a href="../{INDEX}">All studies</a></p>\n',
            self._patient_heading(study.patient),
            f"<h1>{_shown(title)} {_shown(_date(record.get('StudyDate')))}</h1>\n",
            f'<p class="note">{escape(self._note)}</p>\n',
        ]
        parts += [self._series(series) for series in study.series.values()]
        parts.append(_TAIL)
        return "".join(parts)

    def _series(self, series: _Series) -> str:
        """Return a series with its pictures."""
        record = self._directory.record(series.row)
        text = record.get("SeriesDescription") or ""
        head = f"{record.get('SeriesNumber') or ''} {record.get('Modality') or ''} {text}"
        shown = [
            picture.name.rpartition("/")[2]
            for name in series.instances
            if (picture := self._gallery.pictures.get(name)) is not None
        ]
        images = "".join(
            f'<a href="{name}"><img src="{name}" alt="Picture {number} of the series" /></a>\n'
            for number, name in enumerate(shown, 1)
        )
        count = len(series.instances)
        told = f"{len(shown)} of {count} shown" if shown else f"{count} without a picture"
        return f'<h3>{_shown(head)}</h3>\n<p class="note">{told}</p>\n<div>\n{images}</div>\n'


def _shown(value: Any) -> str:
    """Return a value as text for a page, 64 characters of it at most."""
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value or ""))
    if len(text) > _TEXT_LENGTH:
        text = f"{text[: _TEXT_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}"
    return escape(text)


def _name(record: Dataset) -> str:
    """Return the patient's name as people write it."""
    name = record.get("PatientName")
    if not name:
        return "No name"
    parts = [str(name.family_name), str(name.given_name)]
    others = [text for text in (str(name.ideographic), str(name.phonetic)) if text]
    first = ", ".join(filter(None, parts)) or str(name)
    return f"{first} ({'; '.join(others)})" if others else first


def _date(value: Any) -> str:
    """Return a DICOM date as people read it."""
    return _DATE.sub(r"\1-\2-\3", str(value or ""))
