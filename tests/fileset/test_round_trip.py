"""Load, change nothing, write: the records' bytes are the same."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.instances import LEAVES, class_of, instance_of, saved
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.salvage.zoo import ZOO, Fault
from tests.fileset.twins import DICOMDIRS, quietly
from tests.folders import files_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

LINKS = (0x00041400, 0x00041410, 0x00041420)
EXPLICIT = "1.2.840.10008.1.2.1"
# How many records a fault may cost or change; the others are to be written as they were read.
MOST_TOUCHED = 8

Record = tuple[tuple[int, str, Any], ...]


def raw_records(dicomdir: Path) -> list[Record]:
    """Return tag, VR and undecoded value of each element of each record, less its links."""
    dataset = quietly(pydicom.dcmread, dicomdir, force=True)
    return [tuple(_raw(record)) for record in dataset.DirectoryRecordSequence]


def _raw(record: Dataset) -> Iterator[tuple[int, str, Any]]:
    """Yield the elements of a record."""
    for tag in sorted(record.keys()):
        if tag in LINKS:
            continue
        element = record.get_item(tag)
        value = element.value
        if element.VR == "SQ":
            value = tuple(tuple(_raw(item)) for item in record[tag].value)
        yield int(tag), str(element.VR), value


def rewritten(root: Path, name: str = "DICOMDIR", *, salvage: bool = False) -> FileSet:
    """Load a File-set and write it, though nothing is staged, with the files where they are."""
    file_set: FileSet = quietly(FileSet, root / name, salvage=salvage)
    quietly(file_set.execute, file_set.plan(layout=Layout.KEEP))
    return file_set


@pytest.mark.parametrize("name", DICOMDIRS)
def test_bundled_directories(media: Path, name: str) -> None:
    """Each bundled DICOMDIR that loads keeps its records to the letter, and all its files."""
    path = media / name
    root = path.parent
    shutil.copyfile(path, media.parent / "before")
    try:
        quietly(FileSet, path)
        salvage = False
    except ValueError:
        salvage = True
    syntax = quietly(pydicom.dcmread, path).file_meta.TransferSyntaxUID
    before = Counter(raw_records(path))
    files = files_below(root)
    if path.name != "DICOMDIR":  # written where the File-set has it
        shutil.copyfile(path, root / "DICOMDIR")
        files = files_below(root)
    file_set = rewritten(root, salvage=salvage)
    after = Counter(raw_records(root / "DICOMDIR"))
    changed = files_below(root)
    changed.pop("DICOMDIR"), files.pop("DICOMDIR")
    assert changed == files
    if syntax == EXPLICIT and not salvage:
        gone = before - after
        # What has no instance below it, and what leads to no file, is not of the File-set.
        assert all("IMAGE" not in str(record) or file_set.missing for record in gone)
        assert not after - before
    else:
        again = FileSet(root / "DICOMDIR")
        theirs: FileSet = quietly(FileSet, media.parent / "before", salvage=True)
        ours = sorted(str(node) for node in again.tree)
        assert ours == sorted(str(node) for node in theirs.tree)


@pytest.mark.parametrize("kind", LEAVES)
@pytest.mark.parametrize("conditional", [False, True], ids=["bare", "conditional"])
def test_every_record_type(tmp_path: Path, kind: str, conditional: bool) -> None:
    """A DICOMDIR of ours, of any record type, is the same file after the round trip."""
    file_set = FileSet()
    uid = class_of(kind, conditional=conditional)
    for number, extended in enumerate((False, True)):
        image = instance_of(uid, kind, conditional=conditional, extended=extended)
        file_set.add(saved(image, tmp_path / f"{number}"))
    root = tmp_path / "set"
    file_set.write(root)
    before = files_below(root)
    rewritten(root)
    assert files_below(root) == before


@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_the_zoo(tmp_path: Path, fault: Fault) -> None:
    """Only what is broken is written otherwise; a second round changes nothing at all."""
    shape = Shape()
    write_files(tmp_path, shape)
    path = tmp_path / "DICOMDIR"
    path.write_bytes(sound_disc(shape).lay())
    sound = Counter(raw_records(path))
    path.write_bytes(fault.make(sound_disc(shape)))
    rewritten(tmp_path, salvage=True)
    after = Counter(raw_records(path))
    missing = sum((sound - after).values())
    assert missing <= MOST_TOUCHED + len(fault.gone) + len(fault.missing)
    once = path.read_bytes()
    rewritten(tmp_path, salvage=True)
    assert path.read_bytes() == once


def test_odd_records_keep_their_bytes(tmp_path: Path) -> None:
    """Odd padding, private elements, group lengths and faulty values are nobody's to mend."""
    shape = Shape(patients=1, studies=1, series=1, images=2)
    write_files(tmp_path, shape)
    disc = sound_disc(shape)
    patient, image = disc.records[0], disc.records[disc.rows("IMAGE")[0]]
    patient.put(0x00100010, b"PN", b"D\xf6e^Jane\0")
    patient.put(0x00100030, b"DA", b"1970.01.01")
    patient.put(0x00091010, b"LO", b"private value ")
    image.put(0x00280008, b"IS", b" 1A ")
    image.put(0x00080008, b"CS", b"lower\\CASE")
    path = tmp_path / "DICOMDIR"
    path.write_bytes(disc.lay())
    before = raw_records(path)
    rewritten(tmp_path)
    assert raw_records(path) == before
