"""What the tests compare between `pydicom.fileset`, the oracle, and our engine."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.tag import Tag

from dicomdir_studio.errors import StudioError
from tests.bundled import TEST_FILES
from tests.folders import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset import FileSet

MONTH_AGO = (1_600_000_000, 1_600_000_000)
"""Times of last access and change that are before those of any test."""

DICOMDIRS = (
    "DICOMDIR",
    "DICOMDIR-implicit",
    "DICOMDIR-bigEnd",
    "DICOMDIR-reordered",
    "DICOMDIR-nooffset",
    "DICOMDIR-nopatient",
    "DICOMDIR-empty.dcm",
    "TINY_ALPHA/DICOMDIR",
)
"""The bundled DICOMDIRs, below ``dicomdirtests``."""

LINKS = (
    "OffsetOfTheNextDirectoryRecord",
    "OffsetOfReferencedLowerLevelDirectoryEntity",
    "RecordInUseFlag",
)


def bundled_instances() -> list[Path]:
    """Return every bundled ``.dcm`` file and every instance of the sample File-sets, sorted."""
    loose = sorted(TEST_FILES.glob("*.dcm"))
    folders = TEST_FILES / "dicomdirtests"
    filed = sorted(
        path
        for path in folders.rglob("*")
        if path.is_file() and path.parent != folders and path.name != "DICOMDIR"
    )
    return loose + filed


def short(path: Path) -> str:
    """Return how a bundled file is named in the output of pytest."""
    return path.relative_to(TEST_FILES).as_posix()


@dataclass(frozen=True)
class Outcome:
    """What a call did: its value or its error, and the warnings that it gave."""

    value: Any
    error: BaseException | None
    warned: list[str]

    @property
    def kind(self) -> str:
        """Return the builtin kind of the error, "" where there is none."""
        builtin = (
            PermissionError, FileNotFoundError, IsADirectoryError, NotImplementedError,
            ValueError, TypeError,
        )  # fmt: skip
        names = [kind.__name__ for kind in builtin if isinstance(self.error, kind)]
        if self.error is not None and not names:
            return type(self.error).__name__
        return names[0] if names else ""


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Make a call and return what it did."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            value, error = call(*args, **kwargs), None
        except Exception as raised:  # noqa: BLE001 - the kind of error is what is compared
            value, error = None, raised
    return Outcome(value, error, [str(one.message) for one in heard])


def quietly(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Make a call that may warn, and return its value; errors go on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*args, **kwargs)


def refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> StudioError | None:
    """Make a call and return the error of ours that it raises, if any; others go on."""
    try:
        quietly(call, *args, **kwargs)
    except StudioError as error:
        return error
    return None


def instances_of(file_set: Any, *, paths: bool = True) -> list[tuple[Any, ...]]:
    """Return everything that there is to see of the instances of a File-set, in order."""
    return [
        (
            str(one.SOPInstanceUID),
            str(one.SOPClassUID),
            str(one.TransferSyntaxUID),
            one.FileID,
            one.for_addition,
            one.for_removal,
            one.for_moving,
            one.is_staged,
            one.is_private,
            one.path if paths else None,
        )
        for one in file_set
    ]


def records_of(tree: Any) -> list[tuple[Any, ...]]:
    """Return everything that there is to see of the records below a root, in order."""
    return [
        (
            node.record_type,
            node.key,
            node.depth,
            node.index,
            node.component,
            node.next.key if node.next else None,
            node.previous.key if node.previous else None,
            [above.key for above in node.ancestors],
            None if node.parent.is_root else node.parent.key,
            [child.key for child in node.children],
            node.has_instance,
            node.is_root,
            node.root is tree,
            str(node),
            node.prettify(),
        )
        for node in tree
    ]


def text_of(file_set: Any) -> str:
    """Return a File-set's text without what differs on purpose.

    A new File-set has a UID of its own, and our records carry Series Description,
    a Type 3 key that pydicom leaves out.
    """
    text = str(file_set).replace(str(file_set.UID), "UID")
    return re.sub(r", SeriesDescription='[^']*'", "", text)


def tags_of(dataset: Dataset) -> set[int]:
    """Return the tags of a data set, none of its values decoded."""
    return {int(tag) for tag in dataset.keys()}  # noqa: SIM118 - iterating gives elements


def plain_record(record: Dataset) -> dict[int, Any]:
    """Return the elements of a record but for the links, as VR and value by tag."""
    skipped = {int(Tag(keyword)) for keyword in LINKS}
    return {
        int(element.tag): (element.VR, element.value)
        for element in record
        if int(element.tag) not in skipped and element.tag.element != 0
    }


def referenced(dicomdir: Path) -> Iterator[tuple[str, str]]:
    """Yield SOP Instance UID and File ID (with slashes) of each record that has one."""
    dataset = quietly(lambda: pydicom.dcmread(dicomdir))
    for record in dataset.DirectoryRecordSequence:
        file_id = record.get("ReferencedFileID")
        if file_id:
            parts: Iterable[str] = [file_id] if isinstance(file_id, str) else file_id
            yield str(record.ReferencedSOPInstanceUIDInFile), "/".join(parts)


def assert_whole(root: Path, *, missing: Iterable[str] = ()) -> dict[str, str]:
    """Assert that each record's file holds the instance that the record names.

    Returns the SHA-256 by SOP Instance UID. Instances listed in `missing` have no file.
    """
    found = {}
    absent = set(missing)
    for uid, file_id in referenced(root / "DICOMDIR"):
        path = root / file_id
        if uid in absent:
            assert not path.exists(), f"{uid} is missing, and yet {file_id} is there"
            continue
        held = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        assert str(held.SOPInstanceUID) == uid, f"{file_id} holds another instance"
        found[uid] = digest(path)
    return found


def save_directory(dataset: Dataset, path: Path) -> Path:
    """Save a DICOMDIR whose records were changed, with the offsets that they then have."""
    old = [record.seq_item_tell for record in dataset.DirectoryRecordSequence]
    quietly(lambda: dataset.save_as(path, enforce_file_format=True))
    new = [record.seq_item_tell for record in pydicom.dcmread(path).DirectoryRecordSequence]
    moved = dict(zip(old, new, strict=True)) | {0: 0}
    for keyword in (
        "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity",
        "OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity",
    ):
        setattr(dataset, keyword, moved[getattr(dataset, keyword)])
    for record in dataset.DirectoryRecordSequence:
        for keyword in LINKS[:2]:
            if keyword in record:
                setattr(record, keyword, moved.get(getattr(record, keyword), 0))
    quietly(lambda: dataset.save_as(path, enforce_file_format=True))
    return path


def staged_state(file_set: FileSet) -> tuple[Any, ...]:
    """Return what a person sees of a File-set."""
    return (
        str(file_set),
        instances_of(file_set),
        [str(one.SOPInstanceUID) for one in file_set.staged_additions],
        [str(one.SOPInstanceUID) for one in file_set.staged_removals],
        file_set.can_undo,
        file_set.undo_text,
    )


def described(file_set: FileSet) -> list[tuple[Any, ...]]:
    """Return everything about the records of a File-set and their instances."""
    return [
        (
            node.record_type,
            node.depth,
            node._encoded(),
            node.tally,
            node.instance and (node.instance.path, node.instance.size, node.instance.for_addition),
        )
        for node in file_set.tree
    ]
