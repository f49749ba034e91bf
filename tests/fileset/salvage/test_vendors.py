"""Discs as some burners and operating systems leave them: every file is found and none mistaken."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.salvage.disc import (
    FILE_ID,
    SOP_INSTANCE,
    Disc,
    Record,
    Shape,
    encoded,
    image_file,
    number,
    sound_disc,
    write_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Contents = dict[str, bytes]

SHAPE = Shape(patients=2, studies=1, series=2, images=2)
TAILS = {
    "zeros to the sector's end": bytes(2048),
    "ones": b"\xff" * 512,
    "a burner's name": b"Written by a burner\r\n",
    "trailing padding": encoded([(0xFFFCFFFC, b"OB", bytes(100))]),
}


def _images(disc: Disc) -> list[Record]:
    """Return the records of images."""
    return [disc.records[row] for row in disc.rows("IMAGE")]


def _contents(root: Path) -> Contents:
    """Return the SHA-256 of each file below a folder by the instance in it."""
    return {
        str(pydicom.dcmread(path).SOPInstanceUID): hashlib.sha256(path.read_bytes()).digest()
        for path in root.rglob("*")
        if path.is_file() and path.name != "DICOMDIR"
    }


def _led_to(file_set: Any) -> Contents:
    """Return what the records of a File-set lead to."""
    return {
        str(one.SOPInstanceUID): hashlib.sha256(Path(one.path).read_bytes()).digest()
        for one in file_set
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write the files of a disc."""
    write_files(tmp_path / "disc", SHAPE)
    return tmp_path / "disc"


def _assert_usable(root: Path, oracle: Any, contents: Contents, *, salvage: bool) -> None:
    """Require that all is found, copied, and written in place for other software."""
    file_set = FileSet(root / "DICOMDIR", salvage=salvage)
    assert _led_to(file_set) == contents
    file_set.copy(root.with_name("copy"))
    assert _led_to(oracle.FileSet(root.with_name("copy") / "DICOMDIR")) == contents
    file_set.ID = "CHANGED"
    file_set.write()
    assert _led_to(oracle.FileSet(root / "DICOMDIR")) == contents


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_what_follows_the_records(root: Path, oracle: Any, tail: bytes, *, salvage: bool) -> None:
    """Bytes behind the Directory Record Sequence that hold no record cost nothing."""
    (root / "DICOMDIR").write_bytes(sound_disc(SHAPE).lay() + tail)
    _assert_usable(root, oracle, _contents(root), salvage=salvage)


def test_records_that_follow_the_sequence(root: Path) -> None:
    """A record behind the stated end of the sequence is no padding: strictly it is an error."""
    data = sound_disc(SHAPE).lay()
    place = data.index(b"\x04\0\x20\x12SQ\0\0") + 8
    length = int.from_bytes(data[place : place + 4], "little")
    cut = data.rindex(b"\xfe\xff\0\xe0") - place - 4
    assert 0 < cut < length
    (root / "DICOMDIR").write_bytes(data[:place] + number(cut, 4) + data[place + 4 :])
    with pytest.raises(StudioError):
        FileSet(root / "DICOMDIR")
    assert _led_to(FileSet(root / "DICOMDIR", salvage=True)) == _contents(root)


@pytest.mark.parametrize("leading", [b"\\", b".\\", b"/", b"./", b"\\.\\"])
@pytest.mark.parametrize("layout", list(Layout))
def test_file_ids_led_by_a_separator(
    root: Path, oracle: Any, leading: bytes, layout: Layout
) -> None:
    """Strictly refused; with salvage read from the root on, and written as the Standard has it."""
    disc = sound_disc(SHAPE)
    for record in _images(disc):
        record.put(FILE_ID, b"CS", leading + (record.value(FILE_ID) or b""))
    (root / "DICOMDIR").write_bytes(disc.lay())
    contents = _contents(root)
    with pytest.raises(PermissionError, match="must be inside the DICOMDIR root path"):
        FileSet(root / "DICOMDIR")
    file_set = FileSet(root / "DICOMDIR", salvage=True)
    assert _led_to(file_set) == contents
    assert len([one for one in file_set.findings if "relative to the root" in one.remedy]) == 8
    file_set.write(layout=layout)
    assert _led_to(FileSet(root / "DICOMDIR")) == contents
    assert _led_to(oracle.FileSet(root / "DICOMDIR")) == contents


def test_a_separator_never_leads_to_another_instance(root: Path) -> None:
    """Where another instance's file lies at that place in the root, the instance is missing."""
    disc = sound_disc(SHAPE)
    record = _images(disc)[3]
    (root / "ELSE").write_bytes(image_file(0, 0, 0, 0, sop_uid=b"1.2.3"))
    record.put(FILE_ID, b"CS", b"\\ELSE")
    (root / "DICOMDIR").write_bytes(disc.lay())
    file_set = FileSet(root / "DICOMDIR", salvage=True)
    assert [one.SOPInstanceUID for one in file_set.missing] == [
        (record.value(SOP_INSTANCE) or b"").decode("ascii")
    ]


def _as_is(name: str) -> str:
    """Return a name as it is."""
    return name


def _decomposed(name: str) -> str:
    """Return a name as macOS has it."""
    return unicodedata.normalize("NFD", name)


def _undecoded(name: str) -> str:
    """Return a name whose bytes are of Latin 1, as the system shows it."""
    return os.fsdecode(name.encode("latin-1"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems change names themselves")
@pytest.mark.parametrize(
    ("encoding", "name_of"),
    [
        ("latin-1", _as_is),
        ("latin-1", _decomposed),
        ("latin-1", _undecoded),
        ("utf-8", _as_is),
        ("utf-8", _decomposed),
    ],
)
@pytest.mark.parametrize("salvage", [False, True])
def test_letters_beyond_the_default_repertoire(
    root: Path,
    oracle: Any,
    encoding: str,
    name_of: Callable[[str], str],
    *,
    salvage: bool,
) -> None:
    """A File ID in Latin 1 or UTF-8, which none is to be, is found however the name was kept."""
    disc = sound_disc(SHAPE)
    for record in _images(disc):
        value = (record.value(FILE_ID) or b"").decode("ascii").replace("I0", "\u00c40")
        record.put(FILE_ID, b"CS", value.encode(encoding))
    for path in list(root.rglob("I*")):
        path.rename(path.with_name(name_of(path.name.replace("I0", "\u00c40"))))
    (root / "DICOMDIR").write_bytes(disc.lay())
    _assert_usable(root, oracle, _contents(root), salvage=salvage)


def _with_icons(record: Record) -> None:
    """Put a large icon into a record."""
    icon = encoded([(0x00280010, b"US", number(300, 2)), (0x7FE00010, b"OW", b"\1" * 90_000)])
    record.put(0x00880200, b"SQ", struct.pack("<HHL", 0xFFFE, 0xE000, len(icon)) + icon)


def _with_private_elements(record: Record) -> None:
    """Put private elements into a record, one of them large."""
    record.put(0x00090010, b"LO", b"A VENDOR")
    record.put(0x00091001, b"UN", b"\0\1\2\3")
    record.put(0x00091002, b"OB", b"x" * 70_000)


def _with_unbounded_sequence(record: Record) -> None:
    """Put a sequence whose Item has no length into a record."""
    code = encoded([(0x00080100, b"SH", b"A"), (0x00080102, b"SH", b"B")])
    start, end = (
        struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF),
        struct.pack("<HHL", 0xFFFE, 0xE00D, 0),
    )
    record.put(0x0040A043, b"SQ", start + code + end)


def _with_unknown_file_id(record: Record) -> None:
    """Say nothing of the VR of the File ID."""
    record.put(FILE_ID, b"UN", record.value(FILE_ID) or b"")


@pytest.mark.parametrize(
    "change",
    [_with_icons, _with_private_elements, _with_unbounded_sequence, _with_unknown_file_id],
)
@pytest.mark.parametrize("salvage", [False, True])
def test_what_records_hold_besides(
    root: Path, oracle: Any, change: Callable[[Record], None], *, salvage: bool
) -> None:
    """Large icons, private elements, sequences without lengths: the instances are there."""
    disc = sound_disc(SHAPE)
    for record in _images(disc):
        change(record)
    (root / "DICOMDIR").write_bytes(disc.lay())
    _assert_usable(root, oracle, _contents(root), salvage=salvage)


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize("vr", ["SS", "US", "FL", "AT", "IS", "DS", "DA", "UI", "PN", "SH"])
def test_a_file_set_id_of_another_vr(root: Path, oracle: Any, vr: str, *, salvage: bool) -> None:
    """The File-set ID is read as what it is, whatever VR the DICOMDIR gives it."""
    named = sound_disc(SHAPE).lay().replace(b"\x04\0\x30\x11CS", b"\x04\0\x30\x11" + vr.encode())
    (root / "DICOMDIR").write_bytes(named)
    contents = _contents(root)
    file_set = FileSet(root / "DICOMDIR", salvage=salvage)
    assert file_set.ID == "ZOO"
    file_set.copy(root.with_name("copy"))
    copied = oracle.FileSet(root.with_name("copy") / "DICOMDIR")
    assert copied.ID == "ZOO"
    assert _led_to(copied) == contents
