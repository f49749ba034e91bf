"""Each record type that the Standard retired: read under salvage, told, and kept on write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.standard.records import RETIRED_RECORD_TYPES
from tests.fileset.salvage.disc import (
    TYPE,
    Disc,
    Record,
    Shape,
    expected_homes,
    sound_disc,
    write_files,
)

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Shape()
KINDS = sorted(set(RETIRED_RECORD_TYPES) - {"MRDR"})
"""All but MRDR, which has no place in the tree; the zoo has it."""


def chain_to(kind: str) -> list[str]:
    """Return the retired types that lead down to one, itself last, and where they hang first."""
    above = [one for one in RETIRED_RECORD_TYPES[kind].parents if one not in {"TOPIC", kind}]
    parent = above[0] if above else "ROOT"
    return [*(chain_to(parent) if parent in RETIRED_RECORD_TYPES else [parent]), kind]


def disc_with(kind: str) -> Disc:
    """Return a disc with a record of a retired type, which references the file of an image."""
    disc = sound_disc(SMALL)
    records = disc.records
    if RETIRED_RECORD_TYPES[kind].parents == ("SERIES",):
        records[disc.rows("IMAGE")[1]].put(TYPE, b"CS", kind.encode("ascii"))
        return disc
    rows = disc.rows("IMAGE")
    moved = records[rows[2]]  # the last image of the first series
    records[rows[1]].next = -1
    where, *retired = chain_to(kind)
    above = -1 if where == "ROOT" else disc.rows(where)[0]
    for one in retired:
        record = moved if one == kind else Record([(TYPE, b"CS", one.encode("ascii"))])
        record.put(TYPE, b"CS", one.encode("ascii"))
        record.put(0x00200010, b"SH", b"KEPT")
        place = rows[2] if one == kind else len(records)
        if one != kind:
            records.append(record)
        if above < 0:
            records[disc.last].next = disc.last = place
        else:
            below = records[above].lower
            if below < 0:
                records[above].lower = place
            else:
                while records[below].next >= 0:
                    below = records[below].next
                records[below].next = place
        above = place
    return disc


def kinds_of(file_set: FileSet) -> list[str]:
    """Return the types of the records, sorted, without those that nothing references."""
    return sorted(node.record_type for node in file_set.tree)


@pytest.mark.parametrize("kind", KINDS)
def test_a_retired_type_is_read_and_told(kind: str, tmp_path: Path) -> None:
    """Every instance is there, under salvage and strictly; the type and its edition are named."""
    write_files(tmp_path, SMALL)
    path = tmp_path / "DICOMDIR"
    path.write_bytes(disc_with(kind).lay())
    file_set = FileSet(path, salvage=True)
    uids = {str(instance.SOPInstanceUID) for instance in file_set}
    assert uids == set(expected_homes(SMALL))
    assert not file_set.missing
    edition = RETIRED_RECORD_TYPES[kind].retired
    told = [one for one in file_set.findings if f"{kind} was retired in {edition}" in one.what]
    assert len(told) == 1, "\n".join(map(str, file_set.findings))
    assert told[0].clause
    assert told[0].remedy
    assert [node.record_type for node in file_set.tree].count(kind) == 1


@pytest.mark.parametrize("how", ["standard", "keep", "copy"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_retired_type_is_kept_on_write(kind: str, how: str, tmp_path: Path) -> None:
    """Written in any way, the record of the retired type is there again, with its file."""
    root = target = tmp_path / "disc"
    root.mkdir()
    write_files(root, SMALL)
    (root / "DICOMDIR").write_bytes(disc_with(kind).lay())
    file_set = FileSet(root / "DICOMDIR", salvage=True)
    before = kinds_of(file_set)
    if how == "copy":
        target = tmp_path / "copy"
        file_set.copy(target)
    else:
        file_set.write(layout=Layout.KEEP if how == "keep" else Layout.STANDARD)
    again = FileSet(target / "DICOMDIR", salvage=True)
    assert kinds_of(again) == before
    assert {str(one.SOPInstanceUID) for one in again} == set(expected_homes(SMALL))
    kept = next(one for one in again if one.node.record_type == kind)
    (original,) = again.find(SOPInstanceUID=kept.SOPInstanceUID)
    assert original is kept
    assert str(kept.load().SOPInstanceUID) == str(kept.SOPInstanceUID)
