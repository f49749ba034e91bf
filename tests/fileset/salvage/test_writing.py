"""What was salvaged, written: no fault is left, and every judge accepts it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pydicom
import pydicom.fileset
import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.salvage.zoo import ZOO, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges

SMALL = Shape()
WRITERS = ("standard", "keep", "copy")


def salvaged(fault: Fault, root: Path) -> FileSet:
    """Write a disc with a fault and salvage it."""
    write_files(root, SMALL)
    (root / "DICOMDIR").write_bytes(fault.make(sound_disc(SMALL)))
    return FileSet(root / "DICOMDIR", salvage=True)


def uids(file_set: FileSet) -> set[str]:
    """Return the instances whose files are there."""
    return {str(instance.SOPInstanceUID) for instance in file_set}


def written(file_set: FileSet, root: Path, how: str, target: Path, fault: Fault) -> Path:
    """Write a File-set in one of three ways; return the root of what was written.

    A record whose file is another instance's is told of where its file is copied or renamed.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        if how == "copy":
            file_set.copy(target)
        else:
            file_set.write(layout=Layout.KEEP if how == "keep" else Layout.STANDARD)
    lies = fault.name == "same_uid" and how != "keep"
    assert ["not what their records say" in str(one.message) for one in told] == [True] * lies
    return target if how == "copy" else root


def references(root: Path) -> dict[str, str]:
    """Return the File ID of every instance that the DICOMDIR references, by UID."""
    found = {}
    dataset = pydicom.dcmread(root / "DICOMDIR")
    for record in dataset.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            file_id = record.ReferencedFileID
            parts = [file_id] if isinstance(file_id, str) else list(file_id)
            found[str(record.ReferencedSOPInstanceUIDInFile)] = "/".join(parts)
    return found


@pytest.mark.parametrize("how", WRITERS)
@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_what_is_written_is_clean(fault: Fault, how: str, tmp_path: Path) -> None:
    """A salvaged File-set is written so that nothing is left to salvage, nor to warn of."""
    root = tmp_path / "disc"
    root.mkdir()
    file_set = salvaged(fault, root)
    before = uids(file_set)
    missing = {str(one.SOPInstanceUID) for one in file_set.missing}
    target = written(file_set, root, how, tmp_path / "copy", fault)
    again = FileSet(target / "DICOMDIR", salvage=True)
    serious = [
        finding
        for finding in again.findings
        if not any(word in finding.what for word in ("is missing", "retired", "not known", "Two"))
    ]
    assert not serious
    assert uids(again) == before
    named = references(target)
    for uid in before:
        held = pydicom.dcmread(target / named[uid], stop_before_pixels=True)
        assert str(held.SOPInstanceUID) == uid or fault.name == "same_uid"
    for uid in missing & named.keys():
        assert not (target / named[uid]).exists()


@pytest.mark.parametrize(
    "fault", [one for one in ZOO if one.writable], ids=lambda fault: fault.name
)
def test_pydicom_loads_it_without_a_warning(fault: Fault, tmp_path: Path) -> None:
    """Pydicom loads a copy of the salvaged File-set and has no complaint."""
    root = tmp_path / "disc"
    root.mkdir()
    count = len(salvaged(fault, root))
    written(salvaged(fault, root), root, "copy", tmp_path / "copy", fault)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = pydicom.fileset.FileSet(pydicom.dcmread(tmp_path / "copy" / "DICOMDIR"))
        theirs._stage["t"].cleanup()
    assert len(theirs) == count


@pytest.mark.judges
@pytest.mark.parametrize("how", ["keep", "copy"])
@pytest.mark.parametrize(
    "fault", [one for one in ZOO if one.writable], ids=lambda fault: fault.name
)
def test_the_judges_accept_it(fault: Fault, how: str, judges: Judges, tmp_path: Path) -> None:
    """Every independent program accepts what is written of a salvaged File-set."""
    root = tmp_path / "disc"
    root.mkdir()
    target = written(salvaged(fault, root), root, how, tmp_path / "copy", fault)
    if fault.missing and how == "keep":
        words = judges.ask("dciodvfy", target / "DICOMDIR").errors
        assert not words
        return
    judges.accept(target)
