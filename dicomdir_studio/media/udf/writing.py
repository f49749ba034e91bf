"""Writes a plain UDF image from front to back, each byte once."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from dicomdir_studio.media.udf.entries import Entries
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.layout import ANCHOR, INTEGRITY, MAIN_SEQUENCE, PARTITION
from dicomdir_studio.media.udf.volume import anchor, integrity, recognition, sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.media.udf.layout import Layout
    from dicomdir_studio.media.udf.volume import Naming

_RECOGNITION: Final = 16
_BUFFER: Final = 1 << 20


class _Writer:
    """A file that is written forward alone, to sectors that are known before.

    Parameters
    ----------
    out : binary file
        Where to, at its beginning.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._length = 0

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._out.write(data)
        self._length += len(data)

    def advance_to(self, sector: int) -> None:
        """Fill with zeros up to a sector.

        Raises
        ------
        RuntimeError
            If more was written already, which would be a fault of the layout.
        """
        missing = sector * SECTOR - self._length
        if missing < 0:
            message = f"sector {sector} of the image was passed by {-missing} bytes"
            raise RuntimeError(message)
        while missing:
            piece = min(missing, _BUFFER)
            self.write(bytes(piece))
            missing -= piece


def write_image(
    out: BinaryIO,
    layout: Layout,
    naming: Naming,
    contents: Iterable[tuple[str, BinaryIO]],
) -> None:
    """Write an image.

    Parameters
    ----------
    out : binary file
        Where to.
    layout : Layout
        Where everything lies.
    naming : Naming
        The properties of the volume.
    contents : iterable of (str, binary file)
        Name and bytes of every file, in the order of the layout. Each is read once, and is as
        long as was laid out.

    Raises
    ------
    RuntimeError
        If a file has another length or order than was laid out.
    """
    parts = layout.sections
    entries = Entries(layout, naming)
    writer = _Writer(out)
    writer.advance_to(_RECOGNITION)
    writer.write(recognition(layout))
    writer.advance_to(MAIN_SEQUENCE)
    writer.write(sequence(layout, naming, MAIN_SEQUENCE))
    writer.advance_to(INTEGRITY)
    writer.write(integrity(layout, naming))
    writer.advance_to(ANCHOR)
    writer.write(anchor(layout, ANCHOR))
    writer.advance_to(PARTITION)
    if layout.revision.has_metadata_partition:
        writer.write(entries.of_metadata(mirror=False))
    _write_metadata(writer, entries, PARTITION + parts.metadata)
    _write_files(writer, layout, contents)
    if layout.revision.has_metadata_partition:
        _write_metadata(writer, entries, PARTITION + parts.mirror)
        writer.advance_to(PARTITION + parts.mirror_entry)
        writer.write(entries.of_metadata(mirror=True))
    writer.advance_to(layout.reserve_sequence)
    writer.write(sequence(layout, naming, layout.reserve_sequence))
    writer.advance_to(parts.sectors - 1)
    writer.write(anchor(layout, parts.sectors - 1))


def _write_metadata(writer: _Writer, entries: Entries, sector: int) -> None:
    """Write directories and file entries."""
    writer.advance_to(sector)
    for blocks in entries.blocks():
        writer.write(blocks)


def _write_files(writer: _Writer, layout: Layout, contents: Iterable[tuple[str, BinaryIO]]) -> None:
    """Write the contents of files."""
    sector = PARTITION + layout.sections.data
    writer.advance_to(sector)
    for name, source in contents:
        place = layout.files[name]
        if place.size:
            sector = PARTITION + place.content
            writer.advance_to(sector)
        left = place.size
        while data := source.read(min(_BUFFER, left)):
            writer.write(data)
            left -= len(data)
        if left:
            message = f"{name} has {left} bytes less than was laid out"
            raise RuntimeError(message)
    # The end is that of the last file; what follows it is at a sector that was counted.
