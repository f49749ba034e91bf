"""Discs whose patients have names in any character set, declared or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fileset.salvage.disc import PATIENT_NAME, Shape, sound_disc, write_files

if TYPE_CHECKING:
    from pathlib import Path


SHAPE = Shape(patients=3, studies=1, series=1, images=2)
CHARSET, DESCRIPTION = 0x00080005, 0x00081030
CYRILLIC = "Иванов^Пётр"
CHINESE = "Wang^XiaoDong=王^小东"


def disc_with(root: Path, *patients: tuple[str | None, bytes]) -> Path:
    """Write a disc whose patients declare the given sets and have the given names."""
    write_files(root, SHAPE)
    disc = sound_disc(SHAPE)
    for row, (terms, name) in zip(disc.rows("PATIENT"), patients, strict=False):
        disc.records[row].put(PATIENT_NAME, b"PN", name)
        if terms is not None:
            disc.records[row].put(CHARSET, b"CS", terms.encode("ascii"))
    (root / "DICOMDIR").write_bytes(disc.lay())
    return root / "DICOMDIR"
