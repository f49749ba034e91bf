"""One instance copied in another transfer syntax, and the copy compared before it is taken."""

from __future__ import annotations

import hashlib
import itertools
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.transcoding.frames import (
    Shape,
    decoded_frames,
    encoded,
    is_reversible,
    native_frames,
    unclean,
)
from dicomdir_studio.media.transcoding.rewriting import elements_of, meta_information
from dicomdir_studio.media.transcoding.routes import (
    EXPLICIT_LITTLE,
    JPEG_2000,
    JPEG_2000_LOSSLESS,
    NATIVE,
    RLE,
    PixelTraits,
    hindrance,
    syntax_name,
)
from dicomdir_studio.media.transcoding.source_file import PIXEL_DATA, SourceFile
from dicomdir_studio.part10.transcode import encoded_element
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.media.transcoding.frames import Cells

_PLANAR: Final = 0x00280006
_PHOTOMETRIC: Final = 0x00280004
_OFFSETS: Final = (0x7FE00001, 0x7FE00002)
"""Extended Offset Table and its lengths, which hold for the old frames alone."""
_LAST: Final = 1 << 32
_MOST: Final = 0xFFFFFFFE
"""Bytes of the longest value (PS3.5 7.1)."""
_CHUNK: Final = 1 << 20
_NESTED: Final = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
_ITEM: Final = b"\xfe\xff\x00\xe0"
_END: Final = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
_AS_IT_IS: Final = said("Choose a profile that allows the instance as it is, or leave it out")


class Copied(NamedTuple):
    """What a copy came to.

    Attributes
    ----------
    path : str
        The copy.
    syntax : str
        Its Transfer Syntax UID.
    size, mtime_ns : int
        Its length in bytes and its time.
    instance_uid : str
        Its SOP Instance UID, if that is not the source's; else "".
    """

    path: str
    syntax: str
    size: int
    mtime_ns: int
    instance_uid: str = ""


def transcode(source: str, target: str, syntax: str) -> Copied:
    """Copy an instance in another transfer syntax, without any loss.

    The copy has every element of the source, private ones too, byte for byte; other are the
    transfer syntax and who wrote the file, the pixels' encoding with Planar Configuration and,
    where a reversible colour transform was undone, Photometric Interpretation. Lengths of
    groups, which would be wrong, are left out (PS3.5 7.2). The copy is read back and decoded,
    and every pixel cell compared.

    Parameters
    ----------
    source, target : str
        The file, which is not touched, and the copy, which must not exist.
    syntax : str
        Transfer Syntax UID of the copy: Explicit VR Little Endian or one of
        `routes.COMPRESSED`.

    Raises
    ------
    InstanceError
        If it cannot be shown that nothing would be lost; the error names the source.
    OSError
        If the copy cannot be written.
    """
    with SourceFile(source) as opened:
        try:
            made = _Copy(opened, syntax)
            with open(target, "xb") as out:
                made.write(out)
            made.compare(target)
        except InstanceError as error:
            error.where = source
            raise
    status = os.stat(target)
    return Copied(target, syntax, status.st_size, status.st_mtime_ns)


def transcode_to_first(source: str, target: str, syntaxes: Sequence[str]) -> Copied:
    """Copy an instance in the first of some transfer syntaxes that it can be turned to.

    Raises
    ------
    InstanceError
        Why it could not be turned to the first one, if it can be turned to none.
    OSError
        If the copy cannot be written.
    """
    first: InstanceError | None = None
    for syntax in syntaxes:
        try:
            return transcode(source, target, syntax)
        except InstanceError as error:
            first = first or error
            Path(target).unlink(missing_ok=True)
    raise first or InstanceError(said("There is no transfer syntax to convert it to"), where=source)


def traits_of(source: SourceFile) -> PixelTraits:
    """Return what decides to which transfer syntaxes a file can be turned."""
    return PixelTraits(
        syntax=source.syntax,
        has_pixels=source.found(PIXEL_DATA) is not None,
        samples=source.number(0x00280002, 1),
        allocated=source.number(0x00280100),
        stored=source.number(0x00280101),
        high=source.number(0x00280102),
        is_signed=source.number(0x00280103) == 1,
        photometric=source.text(0x00280004),
        is_sealed=source.found(0xFFFAFFFA) is not None,
    )


class _Copy:
    """A copy of one file."""

    def __init__(self, source: SourceFile, syntax: str) -> None:
        self._source = source
        self._syntax = syntax
        self._pixels = source.found(PIXEL_DATA)
        self._shape = Shape.of(source)
        self._is_native = source.syntax in NATIVE or self._pixels is None
        self._refuse()

    def write(self, out: BinaryIO) -> None:
        """Write the copy."""
        source, changed = self._source, self._changed()
        out.write(meta_information(source, self._syntax))
        dropped = () if self._is_native and self._syntax == EXPLICIT_LITTLE else _OFFSETS
        out.writelines(elements_of(source, changed, dropped, 0, PIXEL_DATA))
        if self._pixels is not None:
            self._write_pixels(out)
        out.writelines(elements_of(source, {}, (), PIXEL_DATA + 1, _LAST))

    def compare(self, target: str) -> None:
        """Raise unless the copy, read back, has the pixels of the source."""
        if self._pixels is None:
            return
        with SourceFile(target) as copy:
            if self._is_native and self._syntax == EXPLICIT_LITTLE:
                equal = _digest(copy) == _digest(self._source)
            else:
                equal = all(
                    one is not None and other is not None and (one == other).all()
                    for one, other in itertools.zip_longest(
                        self._frames(), decoded_frames(copy, self._shape)
                    )
                )
        if not equal:
            raise InstanceError(
                said(
                    "The copy in {0} has other pixels than the instance", syntax_name(self._syntax)
                ),
                why=said("it was decoded again and compared"),
                remedy=_AS_IT_IS,
            )

    def _refuse(self) -> None:
        """Raise where it is known already that something would be lost."""
        source, shape = self._source, self._shape
        why = hindrance(traits_of(source), self._syntax)
        if not why and self._pixels is not None:
            why = self._unfit_native() if self._is_native else self._unfit_compressed()
            needed = shape.frames * shape.frame_bytes
            if not why and self._syntax == EXPLICIT_LITTLE and needed > _MOST:
                why = f"{needed:,} bytes of pixels have no place in one value"
        if why:
            raise InstanceError(
                said(
                    "The instance cannot be converted to {0} without loss",
                    syntax_name(self._syntax),
                ),
                why=why,
                remedy=_AS_IT_IS,
            )

    def _unfit_native(self) -> str:
        """Return why native pixels cannot be turned without loss, "" if they can."""
        if self._pixels is None or self._pixels.element.undefined:
            return said("its pixels are encapsulated, whatever its transfer syntax says")
        if self._syntax == EXPLICIT_LITTLE:
            return ""
        shape, element = self._shape, self._pixels.element
        needed, there = shape.frames * shape.frame_bytes, element.stop - element.start
        if not needed or there not in {needed, needed + (needed & 1)}:
            return said("there are {0:,} bytes of pixels, its frames have {1:,}", there, needed)
        return ""

    def _unfit_compressed(self) -> str:
        """Return why compressed pixels cannot be turned without loss, "" if they can."""
        source, place = self._source, self._pixels
        if place is None or not place.element.undefined:
            return "its pixels are not encapsulated, whatever its transfer syntax says"
        head = bytes(source.buffer[: place.begin])
        if _NESTED in head:
            return "it holds a further image, such as an icon, that is compressed as well"
        if source.syntax in {JPEG_2000, JPEG_2000_LOSSLESS} and not is_reversible(source):
            return "its JPEG 2000 stream is lossy and does not decode to the same pixels everywhere"
        return ""

    def _frames(self) -> Iterator[Cells]:
        """Yield the frames of the source."""
        if self._is_native:
            return native_frames(self._source, self._shape)
        return decoded_frames(self._source, self._shape)

    def _changed(self) -> dict[int, bytes]:
        """Return the elements that report the pixels' encoding and are not as they were."""
        shape, changed = self._shape, {}
        if self._pixels is None or (self._is_native and self._syntax == EXPLICIT_LITTLE):
            return {}
        if shape.samples > 1:
            planar = 1 if self._syntax == RLE else 0
            changed[_PLANAR] = encoded_element(_PLANAR, b"US", struct.pack("<H", planar))
        if shape.photometric != self._source.text(_PHOTOMETRIC):
            text = shape.photometric.encode("ascii")
            changed[_PHOTOMETRIC] = encoded_element(_PHOTOMETRIC, b"CS", text)
        return changed

    def _write_pixels(self, out: BinaryIO) -> None:
        """Write Pixel Data."""
        if self._syntax != EXPLICIT_LITTLE:
            self._write_encapsulated(out)
        elif self._is_native:
            self._copy_native(out)
        else:
            self._write_native(out)

    def _copy_native(self, out: BinaryIO) -> None:
        """Write native Pixel Data out of native ones, whatever they are."""
        assert self._pixels is not None  # noqa: S101 - the caller's condition
        element = self._pixels.element
        length = element.stop - element.start
        vr = b"OW" if self._source.encoding.implicit else element.vr
        padding = length & 1
        out.write(_head(vr, length + padding))
        out.writelines(
            self._source.native(start, min(start + _CHUNK, length))
            for start in range(0, length, _CHUNK)
        )
        out.write(bytes(padding))

    def _write_native(self, out: BinaryIO) -> None:
        """Write decoded frames."""
        shape = self._shape
        length = shape.frames * shape.frame_bytes
        padding = length & 1
        out.write(_head(b"OW" if shape.allocated > 8 else b"OB", length + padding))
        written = sum(out.write(cells.tobytes()) for cells in self._frames())
        if written != length:
            raise InstanceError(
                said("The compressed pixels do not have the length that the header says"),
                why=said("{0:,} bytes of {1:,}", written, length),
                remedy=_AS_IT_IS,
            )
        out.write(bytes(padding))

    def _write_encapsulated(self, out: BinaryIO) -> None:
        """Write frames compressed, one fragment each, with a Basic Offset Table (PS3.5 A.4)."""
        count = self._shape.frames
        out.write(_head(b"OB", 0xFFFFFFFF) + _ITEM + struct.pack("<L", 4 * count))
        table = out.tell()
        out.write(bytes(4 * count))
        first, offsets = out.tell(), []
        for cells in self._frames():
            if self._syntax != RLE and unclean(cells, self._shape):
                raise InstanceError(
                    said(
                        "The instance cannot be converted to {0} without loss",
                        syntax_name(self._syntax),
                    ),
                    why=said("there is more than pixels in their cells, such as an overlay"),
                    remedy=_AS_IT_IS,
                )
            data = encoded(cells, self._shape, self._syntax)
            offsets.append(out.tell() - first)
            out.write(_ITEM + struct.pack("<L", len(data)) + data)
        out.write(_END)
        end = out.tell()
        if len(offsets) != count:
            raise InstanceError(
                said("The pixels do not have as many frames as the header says"),
                why=said("{0} of {1}", len(offsets), count),
                remedy=_AS_IT_IS,
            )
        if offsets[-1] > _MOST:
            # No offset of 32 bits reaches so far; an empty table is allowed, a wrong one not.
            raise InstanceError(
                said("The compressed frames take more than 4 GiB"),
                remedy=said("Leave the instance as it is"),
            )
        out.seek(table)
        out.write(struct.pack(f"<{count}L", *offsets))
        out.seek(end)


def _head(vr: bytes, length: int) -> bytes:
    """Return the header of Pixel Data."""
    return b"\xe0\x7f\x10\x00" + vr + b"\0\0" + struct.pack("<L", length)


def _digest(file: SourceFile) -> str:
    """Return a sum of native Pixel Data, padding to even length included."""
    placed = file.found(PIXEL_DATA)
    digest = hashlib.sha256()
    if placed is not None:
        length = placed.element.stop - placed.element.start
        for start in range(0, length, _CHUNK):
            digest.update(file.native(start, min(start + _CHUNK, length)))
        digest.update(bytes(length & 1))
    return digest.hexdigest()
