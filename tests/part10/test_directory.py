"""The DICOMDIR reader and writer: beside pydicom, and each turned into the other and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.filereader import read_dataset

from dicomdir_studio.errors import NotDicomError, StudioError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.part10 import directory_writer
from dicomdir_studio.part10.directory_reader import DirectoryFile, read_directory
from dicomdir_studio.part10.directory_salvage import salvage_directory
from dicomdir_studio.part10.directory_writer import DirectoryHead, RecordLinks, lay_directory
from dicomdir_studio.part10.errors import DirectoryTooLargeError
from dicomdir_studio.part10.transcode import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    encoded_element,
    swapped,
    to_explicit_little,
    to_implicit_little,
)
from dicomdir_studio.part10.vr import WORD_SIZE
from tests.bundled import TEST_FILES
from tests.fileset.twins import DICOMDIRS, plain_record, quietly, refusal, tags_of
from tests.part10 import encoder
from tests.part10.encoder import Sample, data_sets

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.table import DirectoryTable

Read = Callable[[bytes, str], DirectoryFile]
NEXT, LOWER = "OffsetOfTheNextDirectoryRecord", "OffsetOfReferencedLowerLevelDirectoryEntity"


def path_of(name: str) -> Path:
    """Return the path of a bundled DICOMDIR."""
    return TEST_FILES / "dicomdirtests" / name


def record_at(data: bytes, start: int, stop: int) -> Dataset:
    """Read a record in Explicit VR Little Endian with pydicom."""
    stream = BytesIO(data[start:stop])
    return read_dataset(stream, is_implicit_VR=False, is_little_endian=True)


@pytest.mark.parametrize("name", DICOMDIRS)
def test_records_and_links(name: str) -> None:
    """Offsets, links, types and every element of every record are those that pydicom reads."""
    data = path_of(name).read_bytes()
    directory = read_directory(data, name)
    dataset = pydicom.dcmread(path_of(name))
    records = list(dataset.get("DirectoryRecordSequence") or [])
    table = directory.table
    assert table.offsets.tolist() == [record.seq_item_tell for record in records]
    assert table.next.tolist() == [record.get(NEXT, 0) for record in records]
    assert table.lower.tolist() == [record.get(LOWER, 0) for record in records]
    assert table.types == [record.DirectoryRecordType for record in records]
    for row, record in enumerate(records):
        ours = record_at(table.buffer, int(table.starts[row]), int(table.stops[row]))
        assert plain_record(ours) == plain_record(record)


@pytest.mark.parametrize("name", DICOMDIRS)
def test_general_elements(name: str) -> None:
    """The File-set's own elements and the File Meta Information are those that pydicom reads."""
    directory = read_directory(path_of(name).read_bytes(), name)
    dataset = pydicom.dcmread(path_of(name))
    assert directory.text(0x00020003) == dataset.file_meta.MediaStorageSOPInstanceUID
    assert directory.text(0x00041130) == dataset.FileSetID
    for tag in (0x00041200, 0x00041202, 0x00041212):
        assert directory.number(tag) == dataset[tag].value


@pytest.mark.parametrize("name", [name for name in DICOMDIRS if "nopatient" not in name])
def test_unchanged_records_are_written_as_they_were(tmp_path: Path, name: str) -> None:
    """Loaded and written with only a new ID, each record has its very bytes behind the links."""
    if "implicit" in name or "bigEnd" in name:
        return  # these are turned, hence not the same bytes
    quietly(lambda: FileSet(path_of(name)).copy(tmp_path / "copy", layout=Layout.KEEP))
    before = read_directory(path_of(name).read_bytes(), name).table
    after = read_directory((tmp_path / "copy" / "DICOMDIR").read_bytes(), "copy").table

    def bodies(table: DirectoryTable) -> list[bytes]:
        rows = range(len(table))
        parts = [table.buffer[table.starts[row] : table.stops[row]] for row in rows]
        return sorted(part[34:] if part[:8] == b"\4\0\0\x14UL\4\0" else part for part in parts)

    if name == "DICOMDIR-nooffset":
        assert len(bodies(after)) == len(bodies(before))
    else:
        assert bodies(after) == bodies(before)


def test_our_own_dicomdir_is_laid_again_byte_for_byte(tmp_path: Path) -> None:
    """What we wrote, read and written again unchanged, is the same file."""
    first = FileSet(path_of("DICOMDIR"))
    first.copy(tmp_path / "one")
    FileSet(tmp_path / "one" / "DICOMDIR").copy(tmp_path / "two")
    one, two = ((tmp_path / part / "DICOMDIR").read_bytes() for part in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("implicit", [False, True])
def test_the_writer_by_pydicom(implicit: bool) -> None:
    """Records laid in any tree are read by pydicom at the offsets that lead to them."""
    head = DirectoryHead("1.2.3", {}, {0x00041130: (b"CS", b"ID"), 0x00041600: (b"UL", b"\0" * 4)})
    bodies = [
        b"\0" * 34 + encoded_element(0x00041430, b"CS", kind)
        for kind in (b"PATIENT", b"STUDY", b"PATIENT")
    ]
    links = [
        RecordLinks(bodies[0], 2, 1),
        RecordLinks(bodies[1], -1, -1),
        RecordLinks(bodies[2], -1, -1),
    ]
    data = lay_directory(head, links, 2, implicit=implicit)
    dataset = pydicom.dcmread(BytesIO(data))
    records = dataset.DirectoryRecordSequence
    tells = [record.seq_item_tell for record in records]
    assert dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == tells[0]
    assert dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity == tells[2]
    assert [record[NEXT].value for record in records] == [tells[2], 0, 0]
    assert [record[LOWER].value for record in records] == [tells[1], 0, 0]
    assert dataset.FileSetID == "ID"
    assert dataset.FileSetConsistencyFlag == 0


def test_an_empty_directory() -> None:
    """A DICOMDIR without records has offsets of 0 and an empty sequence."""
    data = lay_directory(DirectoryHead("1.2.3", {}, {}), [], -1)
    dataset = pydicom.dcmread(BytesIO(data))
    assert len(dataset.DirectoryRecordSequence) == 0
    assert dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == 0
    assert len(read_directory(data, "empty").table) == 0


def test_more_than_4_gib_is_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets have 32 bit: a larger DICOMDIR is refused, saying how large it would be."""
    record = RecordLinks(b"\0" * 34 + encoded_element(0x00041430, b"CS", b"PATIENT"), -1, -1)
    head = DirectoryHead("1.2.3", {}, {})
    size = len(lay_directory(head, [record], 0))
    monkeypatch.setattr(directory_writer, "_LARGEST", size)
    assert len(lay_directory(head, [record], 0)) == size
    monkeypatch.setattr(directory_writer, "_LARGEST", size - 1)
    with pytest.raises(DirectoryTooLargeError, match=re.escape(f"{size:,}")):
        lay_directory(head, [record], 0)


def test_a_file_set_too_large_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal comes with the plan, before anything is written."""
    file_set = FileSet(path_of("DICOMDIR"))
    monkeypatch.setattr(directory_writer, "_LARGEST", 1000)
    with pytest.raises(DirectoryTooLargeError):
        file_set.copy(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-implicit", "DICOMDIR-bigEnd"])
def test_cut_off_at_any_byte(name: str) -> None:
    """A DICOMDIR cut off anywhere is refused with a StudioError; salvage never fails but so."""
    data = path_of(name).read_bytes()
    for cut in [*range(0, 1200, 7), *range(1200, len(data), 401)]:
        for read in (read_directory, salvage_directory):
            try:
                read(data[:cut], name)
            except StudioError:
                continue


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    read=st.sampled_from([read_directory, salvage_directory]),
    name=st.sampled_from(DICOMDIRS[:4]),
)
def test_garbled_directories(data: st.DataObject, read: Read, name: str) -> None:
    """With bytes overwritten anywhere: read, or a StudioError, and never another exception."""
    content = bytearray(path_of(name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content), name)
    except StudioError:
        return


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(DICOMDIRS[:4]))
def test_garbled_file_sets_load_under_salvage(data: st.DataObject, name: str) -> None:
    """Loading a garbled DICOMDIR whole: an instance list or a StudioError, never a crash."""
    content = bytearray(path_of(name).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(400, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = path_of(name)
    for salvage in (False, True):
        file_set = FileSet()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(type(path), "read_bytes", lambda _: bytes(content))
            refusal(file_set.load, path, salvage=salvage)
        refusal(file_set.find, PatientID="1")
        refusal(str, file_set)


@pytest.mark.parametrize("content", [b"", b"DICM", b"\0" * 132, b"x" * 1000, b"\0" * 128 + b"DICM"])
def test_what_is_no_dicomdir(content: bytes) -> None:
    """Noise and nothing are refused; a bare preamble has no records."""
    error = refusal(read_directory, content, "noise")
    if error is None:
        assert len(read_directory(content, "noise").table) == 0
    else:
        assert isinstance(error, NotDicomError)
        assert "noise" in str(error)


@settings(max_examples=200, deadline=None)
@given(samples=data_sets(), syntax=st.sampled_from(["1.2.840.10008.1.2", "1.2.840.10008.1.2.2"]))
def test_transcoding_is_by_pydicoms_book(samples: list[Sample], syntax: str) -> None:
    """Data turned from Implicit or Big Endian has the values that pydicom reads from either."""
    raw = b"".join(encoder.element(one, syntax) for one in samples)
    encoding = IMPLICIT_LITTLE if syntax == "1.2.840.10008.1.2" else EXPLICIT_BIG
    turned = to_explicit_little(raw, 0, len(raw), encoding)
    theirs = read_dataset(BytesIO(raw), encoding.implicit, encoding.little)
    ours = record_at(turned, 0, len(turned))
    assert quietly(lambda: meant_by(ours) == meant_by(theirs))


def meant_by(record: Dataset) -> dict[int, Any]:
    """Return the elements; an empty one of undefined length may be a Sequence (PS3.5 6.2.2)."""
    return {
        tag: None if vr in {"SQ", "UN"} and not value else (vr, value)
        for tag, (vr, value) in plain_record(record).items()
    }


@settings(max_examples=200, deadline=None)
@given(samples=data_sets())
def test_implicit_and_back(samples: list[Sample]) -> None:
    """Explicit to Implicit to Explicit gives the values again, where the dictionary has the VR."""
    known = [one for one in samples if not one.tag >> 16 & 1]
    raw = b"".join(encoder.element(one, "1.2.840.10008.1.2.1") for one in known)
    implicit = to_implicit_little(raw, 0, len(raw))
    back = to_explicit_little(implicit, 0, len(implicit), IMPLICIT_LITTLE)
    ours, theirs = record_at(back, 0, len(back)), record_at(raw, 0, len(raw))
    assert tags_of(ours) == tags_of(theirs)
    for tag in tags_of(theirs):
        if theirs.get_item(tag).VR != "SQ":
            assert quietly(lambda tag=tag: ours[tag].value == theirs[tag].value)


@given(value=st.binary(max_size=64), vr=st.sampled_from(sorted(WORD_SIZE)))
def test_swapping_twice_is_nothing(value: bytes, vr: bytes) -> None:
    """Bytes turned round twice are as they were, and whole words are turned."""
    assert swapped(swapped(value, vr), vr) == value
    assert len(swapped(value, vr)) == len(value)
    size = WORD_SIZE[vr]
    if len(value) >= size:
        assert swapped(value, vr)[:size] == value[:size][::-1]


@settings(max_examples=100, deadline=None)
@given(samples=data_sets())
def test_explicit_little_stays_to_the_letter(samples: list[Sample]) -> None:
    """Sequences already in Explicit VR Little Endian are not touched."""
    bounded = [one for one in samples if not one.unbounded]
    raw = b"".join(encoder.element(one, "1.2.840.10008.1.2.1") for one in bounded)
    assert to_explicit_little(raw, 0, len(raw), EXPLICIT_LITTLE) == raw
