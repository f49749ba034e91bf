"""Portable Data for Imaging: what lies beside the DICOM files of a disc (IHE RAD TF-2 4.47)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dicomdir_studio import __version__
from dicomdir_studio.media.contents import person
from dicomdir_studio.media.medium_plan import TextFile
from dicomdir_studio.media.pages import PAGE_BYTES, PICTURE_BYTES, ROW_BYTES, Pages
from dicomdir_studio.standard.pdi import INDEX, README, WEB_DIRECTORY, ContentKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dicomdir_studio.media.gallery import Gallery
    from dicomdir_studio.media.medium_plan import Extra, MediumPlan

_README_BYTES: Final = 4_096
_WIDTH: Final = 78
_NOT_FOR_DIAGNOSIS: Final = "These pages are for orientation only, not for diagnosis."


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who hands the medium out.

    Attributes
    ----------
    institution, contact : str
        Its name, and whom to ask; "" if not known.
    created : datetime.date or None
        The day on README and label; None means today.
    """

    institution: str = ""
    contact: str = ""
    created: datetime | None = None

    @property
    def day(self) -> str:
        """The day of creation."""
        return f"{self.created or datetime.now(UTC).astimezone():%Y-%m-%d}"


class PortableData:
    """README.TXT and, with pictures, INDEX.HTM and its pages for each medium of a set.

    Parameters
    ----------
    publisher : Publisher
        Who hands it out.
    whole : MediumPlan
        The File-set, not yet divided.
    gallery : Gallery or None
        Pictures for web pages; None leaves the pages out.
    folders : collection of str
        Names of further folders on the medium, for README.TXT.
    """

    def __init__(
        self,
        publisher: Publisher,
        whole: MediumPlan,
        gallery: Gallery | None = None,
        folders: Collection[str] = (),
    ) -> None:
        self._publisher = publisher
        self._folders = folders
        self._gallery = gallery
        self._directory = whole.directory()

    @property
    def kind(self) -> ContentKind:
        """What the label calls the content."""
        return ContentKind.DICOM_ONLY if self._gallery is None else ContentKind.DICOM_PLUS_WEB

    def on(self, plan: MediumPlan) -> MediumPlan:
        """Return the plan of a medium with README.TXT and its pages.

        Raises
        ------
        UnfitForMediumError
            If a name is taken.
        """
        extras: list[Extra] = [TextFile(README, self._readme(plan))]
        if self._gallery is not None:
            title = f"Images {plan.file_set_id}".strip()
            note = _NOT_FOR_DIAGNOSIS if plan.of == 1 else f"{_disc(plan)}. {_NOT_FOR_DIAGNOSIS}"
            pages = Pages(plan.directory(), self._gallery, title, note).all()
            extras += [TextFile(name, data) for name, data in pages.items()]
            pictures = self._gallery.pictures
            extras += [pictures[file.name] for file in plan.files if file.name in pictures]
        return plan.with_extras(extras)

    def at_most(self, names: Collection[str]) -> Iterable[tuple[str, int]]:
        """Yield name and length, at most, of what `on` adds to a medium with these instances."""
        yield README, _README_BYTES
        if self._gallery is None:
            return
        studies: dict[int, list[int]] = {}
        rows: dict[int, set[int]] = {}
        for name in names:
            picture = self._gallery.pictures.get(name)
            if picture is not None:
                yield picture.name, picture.size
            chain = self._directory.chain(self._directory.leaves[name])
            study = chain[min(1, len(chain) - 1)]
            studies.setdefault(study, []).append(1 if picture is not None else 0)
            rows.setdefault(study, set()).add(chain[min(2, len(chain) - 1)])
        yield INDEX, PAGE_BYTES + 2 * ROW_BYTES * len(studies)
        for number, (study, pictured) in enumerate(studies.items()):
            size = PAGE_BYTES + ROW_BYTES * (1 + len(rows[study])) + PICTURE_BYTES * sum(pictured)
            yield f"{WEB_DIRECTORY}/ST{number:06d}.HTM", size

    def label(self, plan: MediumPlan) -> list[str]:
        """Return the lines of the label of a medium (IHE RAD TF-2 4.47).

        Patient's name, or that there are several, date, institution, kind of content, and
        which disc of several it is.
        """
        directory = plan.directory()
        names = {
            person(str(directory.record(row).get("PatientName", "")))
            for row in directory.order
            if directory.record_type(row) == "PATIENT"
        }
        patient = names.pop() if len(names) == 1 else f"{len(names)} patients"
        lines = [patient, self._publisher.day, self._publisher.institution, self.kind.value]
        if plan.of > 1:
            lines.append(f"{plan.number} of {plan.of}")
        return [line for line in lines if line]

    def _readme(self, plan: MediumPlan) -> bytes:
        """Return the text of README.TXT, in ASCII with line ends that every system shows."""
        publisher = self._publisher
        lines = [
            "IMAGES AND DOCUMENTS IN DICOM FORMAT",
            "",
            f"Volume:       {plan.file_set_id or '-'}",
            *([f"              {_disc(plan)}"] if plan.of > 1 else []),
            f"Created:      {publisher.day}",
            f"Institution:  {publisher.institution or 'not stated'}",
            f"Contact:      {publisher.contact or 'not stated'}",
            f"Application:  DICOMDIR Studio {__version__} (DICOMDIR Studio contributors)",
            "",
            "DICOMDIR      the directory of all DICOM files, for DICOM programs",
            "PT......      folders with the DICOM files",
        ]
        if self._gallery is not None:
            lines += [
                f"{INDEX}     open this in a web browser to see pictures of the images",
                f"{WEB_DIRECTORY}       pages and pictures for the browser",
            ]
        lines += [f"{name:<12}  further content, not DICOM" for name in self._folders]
        lines += [
            "",
            f"{len(plan.files)} DICOM files. No program on this medium starts by itself.",
            "",
            "The content is confidential medical data of the persons named in it. Pictures",
            "for the web browser are for orientation only and not for diagnosis. The",
            "institution is not liable for use of the data by programs that it did not",
            "provide.",
        ]
        text = "\r\n".join(line[:_WIDTH] for line in lines) + "\r\n"
        return text.encode("ascii", "replace")


def _disc(plan: MediumPlan) -> str:
    """Return which medium of several it is."""
    return f"Disc {plan.number} of {plan.of}"
