"""Headers read with a memory of layouts beside the same headers walked element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.layout_memory import LayoutMemory
from tests.bundled import sample
from tests.examples import relaxed
from tests.fileset.twins import bundled_instances, quietly
from tests.part10 import encoder
from tests.part10.encoder import CHARSET, SYNTAXES, Sample, data_sets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WANTED = wanted_tags()
CLASS = Sample(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0")
PIXELS = Sample(0x7FE00010, b"OW", b"\1\2" * 20)


def outcome(path: Path, memory: LayoutMemory | None = None) -> Any:
    """Return all that is read of a file, or why it is not."""
    try:
        header = quietly(read_header, path, WANTED, memory)
    except StudioError as error:
        return type(error), str(error)
    return header.values, header.has_pixels, header.truncated, header.transfer_syntax, header.size


def assert_same(file: Path, contents: Sequence[bytes], *, rounds: int = 3) -> LayoutMemory:
    """Assert that files read one after the other are read the same with a memory."""
    memory = LayoutMemory(WANTED)
    for _ in range(rounds):
        for content in contents:
            file.write_bytes(content)
            assert outcome(file, memory) == outcome(file)
    return memory


def recalled(file: Path, content: bytes, memory: LayoutMemory) -> bool:
    """Return whether a file is proven to be laid like one before."""
    file.write_bytes(content)
    return bool(quietly(read_header, file, WANTED, memory).layout)


@relaxed
@given(samples=data_sets(), syntax=st.sampled_from(sorted(SYNTAXES)), data=st.data())
def test_files_garbled_after_whole_ones(
    file: Path, samples: list[Sample], syntax: str, data: st.DataObject
) -> None:
    """With any bytes changed, and then whole again: as without the memory."""
    whole = encoder.file([CHARSET, CLASS, *samples, PIXELS], syntax)
    contents = [whole, whole]
    for _ in range(data.draw(st.integers(1, 6))):
        garbled = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 3))):
            garbled[data.draw(st.integers(128, len(whole) - 1))] = data.draw(st.integers(0, 255))
        contents.append(bytes(garbled))
    assert_same(file, contents)


@relaxed
@given(samples=data_sets(), syntax=st.sampled_from(sorted(SYNTAXES)), data=st.data())
def test_files_cut_or_stretched_after_whole_ones(
    file: Path, samples: list[Sample], syntax: str, data: st.DataObject
) -> None:
    """Cut off, with bytes missing or doubled anywhere: as without the memory."""
    whole = encoder.file([CHARSET, CLASS, *samples, PIXELS], syntax)
    contents = [whole, whole]
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(132, len(whole)))
        by = data.draw(st.integers(1, 12))
        contents += [whole[:at], whole[:at] + whole[at + by :], whole[: at + by] + whole[at:]]
    assert_same(file, contents)


@relaxed
@given(
    bodies=st.lists(data_sets(most=20), min_size=2, max_size=5),
    syntax=st.sampled_from(sorted(SYNTAXES)),
    group_length=st.booleans(),
)
def test_files_of_different_layouts_by_turns(
    file: Path, bodies: list[list[Sample]], syntax: str, group_length: bool
) -> None:
    """Different data sets in turn, each met several times: as without the memory."""
    contents = [
        encoder.file([CHARSET, CLASS, *body, PIXELS], syntax, group_length=group_length)
        for body in bodies
    ]
    assert_same(file, contents, rounds=4)


@relaxed
@given(base=data_sets(most=16), data=st.data(), syntax=st.sampled_from(sorted(SYNTAXES)))
def test_values_of_varying_length(
    file: Path, base: list[Sample], data: st.DataObject, syntax: str
) -> None:
    """The same elements with values of other lengths, as in a real series."""
    contents = []
    for _ in range(data.draw(st.integers(3, 8))):
        body = [
            Sample(0x00200013, b"IS", data.draw(st.sampled_from([b"1 ", b"10", b"1234"]))),
            Sample(0x00200032, b"DS", b"1 " * data.draw(st.integers(1, 9))),
            Sample(0x00201041, b"DS", b"-3" * data.draw(st.integers(0, 3))),
            Sample(0x00280010, b"US", b"\2\0"),
        ]
        tags = {one.tag for one in body}
        kept = [one for one in base if one.tag not in tags]
        contents.append(encoder.file(sorted([*kept, *body, PIXELS], key=_tag_of), syntax))
    assert_same(file, contents)


def _tag_of(one: Sample) -> int:
    """Return what elements are ordered by."""
    return one.tag


def test_every_byte_of_a_remembered_file(file: Path) -> None:
    """With any one byte changed in each of its bits, a remembered file reads as it should."""
    body = [
        CHARSET,
        CLASS,
        Sample(0x00080018, b"UI", b"1.2.3.4\0"),
        Sample(
            0x00081140, b"SQ", items=((Sample(0x00081155, b"UI", b"1.2\0"),),), unbounded=True,
            items_unbounded=True,
        ),
        Sample(0x00090010, b"LO", b"MAKER "),
        Sample(0x00091003, b"OB", b"\1\2"),
        Sample(0x00100020, b"LO", b"ID"),
        Sample(0x00200013, b"IS", b"12"),
        Sample(0x00280010, b"US", b"\5\0"),
        PIXELS,
    ]  # fmt: skip
    whole = encoder.file(body, ExplicitVRLittleEndian)
    memory = assert_same(file, [whole, whole])
    assert recalled(file, whole, memory)
    for place in range(128, len(whole)):
        for bit in (0x01, 0x20, 0xFF):
            changed = bytearray(whole)
            changed[place] ^= bit
            file.write_bytes(bytes(changed))
            assert outcome(file, memory) == outcome(file), (place, bit)
    assert recalled(file, whole, memory)
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        assert outcome(file, memory) == outcome(file), cut


def test_another_transfer_syntax_in_the_same_bytes(file: Path) -> None:
    """A file that only states another transfer syntax or SOP Class is not taken for the first."""
    whole = encoder.file([CLASS, Sample(0x00100020, b"LO", b"ID"), PIXELS], ExplicitVRLittleEndian)
    other = whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0")
    third = whole.replace(b"5.1.4.1.1.7\0", b"5.1.4.1.1.2\0")
    assert len({whole, other, third}) == 3
    memory = assert_same(file, [whole, whole, other, third, whole])
    assert recalled(file, whole, memory)


def test_a_group_length_that_leads_astray(file: Path) -> None:
    """Where Group Length ends the File Meta Information elsewhere, nothing is remembered whole."""
    whole = encoder.file([CHARSET, CLASS, PIXELS], ExplicitVRLittleEndian)
    for wrong in (-8, -2, 2, 26, 400):
        stated = int.from_bytes(whole[140:144], "little") + wrong
        content = whole[:140] + (stated & 0xFFFFFFFF).to_bytes(4, "little") + whole[144:]
        memory = assert_same(file, [content, content, whole, content])
        assert not recalled(file, content, memory)


def test_bundled_files(tmp_path: Path) -> None:
    """All bundled files with one memory, twice over: as without it."""
    memory = LayoutMemory(WANTED)
    paths = bundled_instances()
    assert len(paths) > 50
    for _ in range(2):
        for path in paths:
            assert outcome(path, memory) == outcome(path), path


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_real_series(tmp_path: Path, syntax: UID) -> None:
    """A CT series with numbers of varying length: pydicom reads the same of every file."""
    memory = LayoutMemory(WANTED)
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    for number in range(1, 120):
        path = tmp_path / f"{number}.dcm"
        dataset.SOPInstanceUID = UID(f"1.2.3.{number}")
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.InstanceNumber = number
        dataset.ImagePositionPatient = [str(number / 7)[:8], "-12", str(-number)]
        dataset.SliceLocation = str(number * 0.5)
        implicit = syntax == ImplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path, implicit_vr=implicit, little_endian=True)
        header = read_header(path, WANTED, memory)
        assert outcome(path) == outcome(path, memory)
        assert header.text(0x00080018) == f"1.2.3.{number}"
        assert header.text(0x00200013) == str(number)
        assert header.text(0x0020000D) == dataset.StudyInstanceUID
        assert header.values[0x00280010] == (b"US", b"\x80\0")


def test_another_set_of_elements(file: Path) -> None:
    """A memory made for other elements is not used."""
    file.write_bytes(encoder.file([CHARSET, CLASS, PIXELS], ExplicitVRLittleEndian))
    memory = LayoutMemory(WANTED)
    for _ in range(3):
        header = read_header(file, frozenset({0x00080005}), memory)
        assert header.values.keys() - {0x00020010} == {0x00080005}


def test_wanted_elements_out_of_order(file: Path) -> None:
    """A wanted element after higher ones is found, with the memory and without."""
    late = Sample(0x00080060, b"CS", b"OT")
    rows = Sample(0x00280010, b"US", b"\5\0")
    padding = Sample(0x00280030, b"DS", b"1\\1 ")
    content = encoder.file([CHARSET, CLASS, rows, padding, late, PIXELS], ExplicitVRLittleEndian)
    memory = assert_same(file, [content, content])
    header = read_header(file, WANTED, memory)
    assert header.values[0x00080060] == (b"CS", b"OT")


def test_many_layouts_do_not_pile_up(file: Path) -> None:
    """A thousand layouts take no more than a bounded memory, and still read right."""
    memory = LayoutMemory(WANTED)
    for number in range(1500):
        samples = [
            CHARSET,
            Sample(0x00081030, b"LO", b"x" * (number % 40) * 2),
            Sample(0x00100010, b"PN", b"y" * (number // 40) * 2),
            Sample(0x00100020, b"LO", b"ID"),
            Sample(0x00200013, b"IS", b"12"),
            PIXELS,
        ]
        file.write_bytes(encoder.file(samples, ExplicitVRLittleEndian))
        assert outcome(file, memory) == outcome(file)
    assert len(memory._whole) <= 512
    assert all(len(runs) <= 512 for runs in memory._runs.values())
