"""Records held as data sets keep their very bytes where nobody changed them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.tag import Tag

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.fileset.record_bytes import dataset_of, laid_as_read, record_bytes_of
from tests.bundled import TEST_FILES

if TYPE_CHECKING:
    from pathlib import Path

# Padding of other programs, a number with a leading zero, many digits.
ODD = b"".join(
    (
        b"\x04\x00\x30\x14CS\x06\x00IMAGE\0",
        b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100",
        b"\x10\x00\x10\x00PN\x08\x00M\xfcller  ",
        b"\x20\x00\x13\x00IS\x04\x0007  ",
        b"\x20\x00\x11\x00IS\x0c\x00000000000007",
        b"\x09\x00\x10\x00LO\x06\x00MAKER ",
        b"\x09\x00\x01\x10UN\x04\x00\0\0\x02\x00\0\0ab",
    )
)
PLAIN = ODD[: ODD.index(b"\x20\x00\x11\x00")]


def read(raw: bytes, *, implicit: bool = False, little: bool = True) -> Dataset:
    """Return a record as pydicom reads it."""
    return read_dataset(BytesIO(raw), is_implicit_VR=implicit, is_little_endian=little)


def test_what_was_not_decoded_keeps_its_bytes() -> None:
    """Padding, leading zeros and bytes of the character set stay as they are."""
    assert record_bytes_of(read(PLAIN)) == PLAIN


def test_what_was_only_looked_at_keeps_its_bytes() -> None:
    """Decoding a value, or all of them, is no change."""
    record = read(ODD)
    assert str(record.PatientName) == "Müller"
    assert record_bytes_of(record, ODD) == ODD
    record.decode()
    assert [element.value for element in record]
    assert record_bytes_of(record, ODD) == ODD


@pytest.mark.parametrize(
    "change",
    [
        lambda record: setattr(record, "PatientName", "Maier"),
        lambda record: setattr(record, "PatientID", "7"),
        lambda record: delattr(record, "InstanceNumber"),
        lambda record: record[0x00200013].__setattr__("VR", "DS"),
    ],
)
def test_what_was_changed_is_written(change: Any) -> None:
    """A value, an element more or less, and another VR are changes; the rest says the same."""
    record = read(PLAIN)
    change(record)
    written = record_bytes_of(record, PLAIN)
    assert written != PLAIN
    assert dataset_of(written, 0, len(written)) == record


def test_elements_are_in_ascending_order_without_group_lengths() -> None:
    """Retired group lengths are dropped, and what was appended is put in its place."""
    length = b"\x10\x00\x00\x00UL\x04\x00\x10\x00\x00\x00"
    record = read(PLAIN + length)
    record.PatientID = "7"
    del record[0x00100020]
    assert record_bytes_of(record) == PLAIN


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, False)])
def test_other_transfer_syntaxes_are_encoded_anew(implicit: bool, little: bool) -> None:
    """What was read in another encoding is none of Explicit VR Little Endian."""
    record = Dataset()
    record.DirectoryRecordType = "IMAGE"
    record.NumberOfReferences = 2
    record.InstanceNumber = 7
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, little
    pydicom.filewriter.write_dataset(out, record)
    found = read(out.getvalue(), implicit=implicit, little=little)
    assert record_bytes_of(found) == (
        b"\x04\x00\x30\x14CS\x06\x00IMAGE "
        b"\x04\x00\x00\x16UL\x04\x00\x02\0\0\0"
        b"\x20\x00\x13\x00IS\x02\x007 "
    )


def test_a_data_set_loads_like_its_file(tmp_path: Path) -> None:
    """The records of a DICOMDIR given as a data set are those of the file, byte for byte."""
    path = TEST_FILES / "dicomdirtests" / "TINY_ALPHA" / "DICOMDIR"
    by_path, by_dataset = FileSet(path), FileSet(pydicom.dcmread(path))
    pairs = zip(by_path.tree, by_dataset.tree, strict=True)
    assert all(one._encoded() == other._encoded() for one, other in pairs)
    by_dataset.copy(tmp_path / "copy")
    by_path.copy(tmp_path / "other")
    assert (tmp_path / "copy/DICOMDIR").read_bytes() == (tmp_path / "other/DICOMDIR").read_bytes()


def test_looking_at_elements_of_records_stages_nothing() -> None:
    """Elements of an instance's record are read, and its encoded values stay what they were."""
    path = TEST_FILES / "dicomdirtests" / "TINY_ALPHA" / "DICOMDIR"
    file_set, untouched = FileSet(path), FileSet(path)
    for instance, other in zip(file_set, untouched, strict=True):
        node = instance.node
        assert instance["InstanceNumber"].value == other.InstanceNumber
        for tag in (0x00041500, 0x00041511, 0x00080005, 0x00200013, 0x00880200):
            assert node._raw_value(tag) == other.node._raw_value(tag)
        assert node._encoded() == other.node._encoded()
    assert not file_set.has_edits


@pytest.mark.parametrize("terms", ["ISO_IR 192", ["", "ISO 2022 IR 87"]])
def test_text_is_encoded_anew_in_another_character_set(terms: Any) -> None:
    """A name that nobody decoded is not left in the bytes of a character set that is gone."""
    record = read(PLAIN)
    record.SpecificCharacterSet = terms
    assert laid_as_read(record, Tag("PatientName")) is None
    assert laid_as_read(record, Tag("InstanceNumber")) == b"\x20\x00\x13\x00IS\x04\x0007  "
    written = record_bytes_of(record, PLAIN)
    assert dataset_of(written, 0, len(written)) == record


def test_text_without_its_character_set_is_encoded_anew() -> None:
    """Where the character set was taken away, the bytes are not left to be guessed at."""
    record = read(PLAIN.replace(b"ISO_IR 100", b"ISO_IR 192").replace(b"M\xfcl", b"M\xc3\xbc"))
    del record.SpecificCharacterSet
    assert b"M\xfcler " in record_bytes_of(record)
