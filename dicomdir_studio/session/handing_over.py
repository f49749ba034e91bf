"""Labels and receipts for what was made, and for a medium that is there already."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.contents import contents_of
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Target
from dicomdir_studio.media.papers.label import LabelText
from dicomdir_studio.media.papers.receipt import HandedOver
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.pdi import INDEX, ContentKind
from dicomdir_studio.storage import NameClashError, from_os_error, manifest_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.producing import Production
    from dicomdir_studio.media.targets import MediumReceipt

_NUMBERED: Final = re.compile(r"(\d+)OF(\d+)\Z")


def today() -> str:
    """Return the day as it stands on papers."""
    return f"{datetime.now(UTC).astimezone():%Y-%m-%d}"


def labels_of(production: Production) -> list[LabelText]:
    """Return the label of each medium that will be made."""
    return [LabelText.of_plan(plan, today()) for plan in production.span.plans]


def handed_over(
    production: Production, receipts: Sequence[MediumReceipt], copies: int = 1
) -> list[HandedOver]:
    """Return the content of a receipt for the media that were written.

    Parameters
    ----------
    production : Production
        What was prepared.
    receipts : sequence of MediumReceipt
        Of the media that were written, in order; the later ones may be missing.
    copies : int, optional
        How many of each.
    """
    profile = production.order.profile
    name = profile.identifier if profile is not None else ""
    return [
        HandedOver.of_medium(plan, receipt, today(), name, copies)
        for plan, receipt in zip(production.span.plans, receipts, strict=False)
    ]


def paper_path(out: str | os.PathLike[str], kind: str) -> Path:
    """Return where a paper goes that nobody named a file for.

    Beside an image or ZIP file; for a folder or stick into the working folder, since what
    lies on the medium is counted and compared.

    Parameters
    ----------
    out : path-like
        The target of the media.
    kind : str
        ``label`` or ``receipt``.
    """
    path = Path(out)
    if Target.of(path) is Target.FOLDER:
        return Path(f"{path.resolve().name or 'medium'}_{kind}.pdf")
    return path.with_name(f"{path.stem}_{kind}.pdf")


def refuse_taken(paths: Iterable[str | os.PathLike[str]], target: Path | None = None) -> None:
    """Raise, before media are written, if a paper could not be afterwards.

    Parameters
    ----------
    paths : iterable of path-like
        The papers.
    target : Path, optional
        What is made, whose folders need not be there yet.

    Raises
    ------
    NameClashError
        If a name is taken.
    StorageError
        If its folder is not there, or must not be written to.
    """
    for path in paths:
        if os.path.lexists(path):
            raise NameClashError(
                "A file of that name already exists",
                where=path,
                remedy="Nothing was written; choose another name, or move the file away",
            )
        folder = Path(path).parent
        if target is not None and folder.absolute().is_relative_to(target.absolute()):
            continue
        if not folder.is_dir():
            raise StorageError(
                f"There is no folder {folder}",
                where=path,
                remedy="Nothing was written; make it, or choose another",
            )
        if not os.access(folder, os.W_OK):
            raise StorageError(
                f"{folder} cannot be written to",
                where=path,
                remedy="Nothing was written; choose another folder",
            )


def there_already(
    file_set: FileSet, source: str | os.PathLike[str], *, monitor: Monitor | None = None
) -> HandedOver:
    """Return the content of a receipt for an existing medium, reading all of its files.

    Parameters
    ----------
    file_set : FileSet
        The medium, opened.
    source : path-like
        What it was opened from.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    StorageError
        If a file of the medium cannot be read, or the records reference one that is missing.
    """
    if file_set.missing:
        raise StorageError(
            "Files that the DICOMDIR references are not there",
            where=source,
            why=f"{len(file_set.missing)} of them",
            remedy="A receipt is for whole media; write the medium anew",
        )
    digests, size = _summed(os.fspath(file_set.root_path), monitor or Monitor())
    path = Path(source).resolve()
    return HandedOver(
        label_of(file_set),
        path.name if path.name != "DICOMDIR" else path.parent.name,
        len(digests),
        size,
        is_verified=False,
        manifest=hashlib.sha256(manifest_text(digests).encode("utf-8")).hexdigest(),
    )


def label_of(file_set: FileSet) -> LabelText:
    """Return the label of a medium that is there."""
    name = file_set.ID or ""
    numbered = _NUMBERED.search(name)
    number, of = (int(numbered[1]), int(numbered[2])) if numbered else (1, 1)
    has_pages = (Path(file_set.root_path) / INDEX).exists()
    kind = ContentKind.DICOM_PLUS_WEB if has_pages else ContentKind.DICOM_ONLY
    contents = contents_of(plan_medium(file_set, layout=Layout.KEEP))
    return LabelText(contents, kind, name, today(), number, max(of, 1))


def _raise(error: OSError) -> None:
    """End over a folder that cannot be read: its files would be left out without a word."""
    raise from_os_error(error, error.filename or "") from error


def _summed(root: str, monitor: Monitor) -> tuple[dict[str, str], int]:
    """Return the SHA-256 of every file below a folder, and their length together."""
    paths = [
        os.path.join(place, name)
        for place, _, names in os.walk(root, onerror=_raise)
        for name in sorted(names)
    ]
    monitor.start("Computing checksums", len(paths))
    digests: dict[str, str] = {}
    size = 0
    for path in paths:
        monitor.check()
        try:
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size += file.tell()
        except OSError as error:
            raise from_os_error(error, path) from error
        digests[os.path.relpath(path, root).replace(os.sep, "/")] = digest
        monitor.advance(1, path)
    return digests, size
