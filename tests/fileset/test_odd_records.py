"""Records whose elements lie in no order, or with lengths of groups, lead to their files."""

from __future__ import annotations

import hashlib
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.salvage.disc import TYPE, Disc, Shape, number, sound_disc, write_files

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = Shape(patients=2, studies=1, series=2, images=2)


def _lengths_of_groups(disc: Disc) -> None:
    """Let every group begin with its length, as toolkits did once (PS3.5 7.2)."""
    for record in disc.records:
        groups = sorted({tag >> 16 for tag, _, _ in record.elements})
        lengths = [(group << 16, b"UL", number(4, 4)) for group in groups]
        record.elements = sorted([*record.elements, *lengths])


def _length_first(disc: Disc) -> None:
    """Let a group length lead even the links."""
    _lengths_of_groups(disc)
    for record in disc.records:
        record.led = False
        record.elements.sort()


def _links_last(disc: Disc) -> None:
    """Put the links behind all else."""
    for record in disc.records:
        record.led = False


def _type_last(disc: Disc) -> None:
    """Put the type behind all else."""
    for record in disc.records:
        record.elements.sort(key=lambda element: element[0] == TYPE)


def _reversed(disc: Disc) -> None:
    """Put everything the other way round."""
    for record in disc.records:
        record.elements.reverse()


def _shuffled(seed: int) -> Callable[[Disc], None]:
    """Return what puts the elements of each record in an order of its own."""

    def shuffle(disc: Disc) -> None:
        chance = random.Random(seed)
        for record in disc.records:
            chance.shuffle(record.elements)
            record.led = chance.random() < 0.5

    return shuffle


ODD = {
    "group lengths": _lengths_of_groups,
    "group length first": _length_first,
    "links last": _links_last,
    "type last": _type_last,
    "reversed": _reversed,
    **{f"shuffled {seed}": _shuffled(seed) for seed in range(4)},
}


def _written(how: str, file_set: FileSet, root: Path) -> Path:
    """Write a File-set in one way; return its root."""
    if how == "copy":
        file_set.copy(root.with_name("copy"))
        return root.with_name("copy")
    file_set.ID = "CHANGED"
    file_set.write(layout=Layout[how])
    return root


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize("how", ["STANDARD", "KEEP", "copy"])
@pytest.mark.parametrize("name", ODD)
def test_other_software_finds_every_file(
    name: str, how: str, salvage: bool, tmp_path: Path, oracle: Any
) -> None:
    """What is written leads pydicom to every instance, and names each File ID once."""
    root = tmp_path / "disc"
    write_files(root, SHAPE)
    contents = {
        str(pydicom.dcmread(path).SOPInstanceUID): hashlib.sha256(path.read_bytes()).digest()
        for path in root.rglob("I*")
    }
    disc = sound_disc(SHAPE)
    ODD[name](disc)
    (root / "DICOMDIR").write_bytes(disc.lay())
    file_set = FileSet(root / "DICOMDIR", salvage=salvage)
    assert (len(file_set), len(file_set.missing)) == (len(contents), 0)
    written = _written(how, file_set, root)
    read = oracle.FileSet(written / "DICOMDIR")
    assert {
        str(one.SOPInstanceUID): hashlib.sha256(Path(one.path).read_bytes()).digest()
        for one in read
    } == contents
    assert (written / "DICOMDIR").read_bytes().count(b"\x04\0\0\x15CS") == len(contents)
    shutil.rmtree(root)
