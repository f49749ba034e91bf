"""The content of a medium by patient, study and series, from its DICOMDIR (PS3.3 F.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumPlan

_PATIENT, _STUDY, _SERIES = 0, 1, 2
_DATE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class SeriesContent:
    """A series.

    Attributes
    ----------
    uid, modality, number, description : str
        As its record says; "" where it does not.
    instances, bytes : int
        How many instances of it are on the medium, and their length together.
    """

    uid: str
    modality: str
    number: str
    description: str
    instances: int
    bytes: int

    @property
    def title(self) -> str:
        """What it is, in a line."""
        words = " ".join(filter(None, (self.modality, "series", self.number)))
        return f"{words}: {self.description}" if self.description else words


@dataclass(frozen=True, slots=True)
class StudyContent:
    """A study.

    Attributes
    ----------
    uid, date, description, accession : str
        As its record says; the date as YYYY-MM-DD.
    series : tuple of SeriesContent
        In the order of the records.
    """

    uid: str
    date: str
    description: str
    accession: str
    series: tuple[SeriesContent, ...]

    @property
    def instances(self) -> int:
        """How many instances are on the medium."""
        return sum(one.instances for one in self.series)

    @property
    def bytes(self) -> int:
        """The length of their files."""
        return sum(one.bytes for one in self.series)

    @property
    def modalities(self) -> str:
        """The modalities, each once."""
        return "/".join(dict.fromkeys(one.modality for one in self.series if one.modality))

    @property
    def title(self) -> str:
        """What it is, in a line."""
        return " ".join(filter(None, (self.date, self.modalities, self.description))) or "Study"


@dataclass(frozen=True, slots=True)
class PatientContent:
    """A patient.

    Attributes
    ----------
    name : str
        For people: ``Yamada, Tarou (山田 太郎)``.
    patient_id, birth_date, sex : str
        As the record says; the date as YYYY-MM-DD.
    studies : tuple of StudyContent
        In the order of the records.
    """

    name: str
    patient_id: str
    birth_date: str
    sex: str
    studies: tuple[StudyContent, ...]

    @property
    def instances(self) -> int:
        """How many instances are on the medium."""
        return sum(one.instances for one in self.studies)

    @property
    def bytes(self) -> int:
        """The length of their files."""
        return sum(one.bytes for one in self.studies)

    @property
    def details(self) -> str:
        """Patient ID, day of birth and sex, in a line."""
        return ", ".join(
            f"{word} {value}"
            for word, value in (
                ("ID", self.patient_id),
                ("born", self.birth_date),
                ("sex", self.sex),
            )
            if value
        )


@dataclass(frozen=True, slots=True)
class MediumContents:
    """All instances of a medium.

    Attributes
    ----------
    patients : tuple of PatientContent
        In the order of the records.
    others, other_bytes : int
        Instances that belong to no patient (hanging protocols and the like).
    """

    patients: tuple[PatientContent, ...]
    others: int = 0
    other_bytes: int = 0

    @property
    def instances(self) -> int:
        """How many there are."""
        return sum(one.instances for one in self.patients) + self.others

    @property
    def bytes(self) -> int:
        """The length of their files."""
        return sum(one.bytes for one in self.patients) + self.other_bytes


def contents_of(plan: MediumPlan) -> MediumContents:
    """Return the content of a medium.

    Parameters
    ----------
    plan : MediumPlan
        The plan of one medium.
    """
    directory = plan.directory()
    sizes = {file.name: file.size for file in plan.files}
    tree: dict[int, dict[int, dict[int, list[int]]]] = {}
    others: list[int] = []
    for name, size in sizes.items():
        chain = directory.chain(directory.leaves[name])
        if len(chain) <= _SERIES or directory.record_type(chain[_PATIENT]) != "PATIENT":
            others.append(size)
            continue
        studies = tree.setdefault(chain[_PATIENT], {})
        studies.setdefault(chain[_STUDY], {}).setdefault(chain[_SERIES], []).append(size)
    patients = tuple(_patient(directory, row, studies) for row, studies in tree.items())
    return MediumContents(patients, len(others), sum(others))


def _patient(
    directory: MediumDirectory, row: int, studies: dict[int, dict[int, list[int]]]
) -> PatientContent:
    """Return a patient with all studies."""
    record = directory.record(row)
    return PatientContent(
        person(_text(record, "PatientName")),
        _text(record, "PatientID"),
        _day(_text(record, "PatientBirthDate")),
        _text(record, "PatientSex"),
        tuple(_study(directory, study, series) for study, series in studies.items()),
    )


def _study(directory: MediumDirectory, row: int, series: dict[int, list[int]]) -> StudyContent:
    """Return a study with all series."""
    record = directory.record(row)
    return StudyContent(
        _text(record, "StudyInstanceUID"),
        _day(_text(record, "StudyDate")),
        _text(record, "StudyDescription"),
        _text(record, "AccessionNumber"),
        tuple(_series(directory.record(one), sizes) for one, sizes in series.items()),
    )


def _series(record: Dataset, sizes: list[int]) -> SeriesContent:
    """Return a series."""
    return SeriesContent(
        _text(record, "SeriesInstanceUID"),
        _text(record, "Modality"),
        _text(record, "SeriesNumber"),
        _text(record, "SeriesDescription"),
        len(sizes),
        sum(sizes),
    )


def _text(record: Dataset, keyword: str) -> str:
    """Return a value as a line of text; an undecodable value is omitted."""
    try:
        value = record.get(keyword)
    except (ValueError, LookupError):
        return ""
    return " ".join(str(value).split()) if value is not None else ""


def _day(value: str) -> str:
    """Return a date (PS3.5 DA) as YYYY-MM-DD; anything else as it is."""
    if len(value) == _DATE_LENGTH and value.isdigit():
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value


def person(value: str) -> str:
    """Return a Person Name (PS3.5 PN) for display: its first two component groups.

    ``Yamada^Tarou=山田^太郎=やまだ^たろう`` is ``Yamada, Tarou (山田 太郎)``.
    """
    groups = [
        [" ".join(part.split()) for part in group.split("^")] for group in value.split("=")[:2]
    ]
    family, *rest = groups[0]
    plain = ", ".join(filter(None, (family, " ".join(filter(None, rest)))))
    other = " ".join(filter(None, groups[1])) if len(groups) > 1 else ""
    if plain and other:
        return f"{plain} ({other})"
    return plain or other
