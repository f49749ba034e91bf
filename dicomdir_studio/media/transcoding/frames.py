"""Frames of an instance, decoded and encoded; each an array of its pixel cells."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.deferred import np, pydicom
from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.transcoding.jpeg_lossless import encode_lossless
from dicomdir_studio.media.transcoding.routes import (
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
)
from dicomdir_studio.media.transcoding.source_file import PIXEL_DATA
from dicomdir_studio.part10.transcode import items
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from dicomdir_studio.media.transcoding.source_file import SourceFile

    Cells = npt.NDArray[np.unsignedinteger[Any]]

_COLOURS: Final = 3
_PLANES: Final = 1
_COD: Final = b"\xff\x52"
_REVERSIBLE: Final = 1
_HEAD: Final = 65_536
_J2K: Final = b"\xff\x4f\xff\x51"
_SOI: Final = b"\xff\xd8"
_FRAME_MARKERS: Final = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), 0xF7))
"""Start of frame of JPEG and JPEG-LS; the byte behind its length is the precision."""


class Shape(NamedTuple):
    """What is the same of all frames of an instance.

    Attributes
    ----------
    rows, columns, samples, frames : int
        Their size, Samples per Pixel, and how many they are.
    allocated, stored : int
        Bits Allocated and Bits Stored.
    is_signed : bool
        Pixel Representation.
    planar : int
        Planar Configuration of native pixels.
    photometric : str
        Photometric Interpretation of the decoded frames.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    allocated: int
    stored: int
    is_signed: bool
    planar: int
    photometric: str

    @classmethod
    def of(cls, source: SourceFile) -> Shape:
        """Return what the data set says of its frames."""
        kind = source.text(0x00280004)
        return cls(
            rows=source.number(0x00280010),
            columns=source.number(0x00280011),
            samples=source.number(0x00280002, 1),
            frames=source.number(0x00280008, 1),
            allocated=source.number(0x00280100),
            stored=source.number(0x00280101),
            is_signed=source.number(0x00280103) == 1,
            planar=source.number(0x00280006),
            photometric="RGB" if kind == "YBR_RCT" else kind,
        )

    @property
    def cell(self) -> np.dtype[Any]:
        """The unsigned type of a cell."""
        return np.dtype(f"<u{self.allocated // 8}")

    @property
    def frame_bytes(self) -> int:
        """Bytes of a native frame of whole cells."""
        return self.rows * self.columns * self.samples * self.allocated // 8


def native_frames(source: SourceFile, shape: Shape) -> Iterator[Cells]:
    """Yield the native frames of a file, colour by pixel, shape (rows, columns, samples)."""
    size = shape.frame_bytes
    for number in range(shape.frames):
        data = source.native(number * size, (number + 1) * size)
        cells = np.frombuffer(data, shape.cell)
        if shape.samples > 1 and shape.planar == _PLANES:
            planes = cells.reshape(shape.samples, shape.rows, shape.columns)
            yield np.ascontiguousarray(planes.transpose(1, 2, 0))
        else:
            yield cells.reshape(shape.rows, shape.columns, shape.samples)


def decoded_frames(source: SourceFile, shape: Shape) -> Iterator[Cells]:
    """Yield the frames of a file as pydicom and its decoders have them, colours as coded.

    Cells are had whole, with what lies above the stored bits, as far as the stream has it.

    Raises
    ------
    InstanceError
        If they cannot be decoded, or the stream contradicts the header.
    """
    bits = shape.stored
    precision = stream_precision(source)
    if bits < precision <= shape.allocated:
        bits = precision  # else decoders blank what lies above the stored bits, or break down
    try:
        with warnings.catch_warnings():
            # What pydicom warns of is a stream that says other than the header: no ground to
            # call a copy equal.
            warnings.simplefilter("error", UserWarning)
            frames = pydicom.pixels.utils.iter_pixels(
                source.path, raw=True, correct_unused_bits=False, bits_stored=bits
            )
            for frame in frames:
                cells = np.ascontiguousarray(frame).view(shape.cell)
                yield cells.reshape(shape.rows, shape.columns, shape.samples)
    except Exception as error:  # decoders raise whatever they stumble over
        raise InstanceError(
            said("The compressed pixels cannot be decoded"),
            where=source.path,
            why=said("{0}: {1}", type(error).__name__, error),
            remedy=said("Choose a profile that allows the instance as it is, or leave it out"),
        ) from error


def first_stream(source: SourceFile) -> bytes:
    """Return the beginning of the first frame's stream, b"" for pixels that have none."""
    placed = source.found(PIXEL_DATA)
    if placed is None or not placed.element.undefined:
        return b""
    spans = items(source.buffer, placed.element.start, placed.element.stop)
    next(spans, None)  # the Basic Offset Table
    start, stop = next(spans, (0, 0))
    return bytes(source.buffer[start : min(stop, start + _HEAD)])


def stream_precision(source: SourceFile) -> int:
    """Return the bits of a sample as the first stream says, 0 if it does not."""
    stream = first_stream(source)
    if stream.startswith(_J2K):
        # SOC, SIZ with its length, capabilities, eight sizes, components, then their precision.
        return (stream[42] & 0x7F) + 1 if len(stream) > 42 else 0
    place = 2
    while stream[:2] == _SOI and stream[place : place + 1] == b"\xff":
        marker = stream[place + 1]
        if marker in _FRAME_MARKERS:
            return stream[place + 4] if len(stream) > place + 4 else 0
        place += 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
    return 0


def is_reversible(source: SourceFile) -> bool:
    """Return whether the first JPEG 2000 stream of a file was made by the reversible transform."""
    head = first_stream(source)
    place = head.find(_COD)
    # Lcod, Scod, progression, layers (2), MCT, levels, block width, height, style, transform.
    return place >= 0 and head[place + 13 : place + 14] == bytes([_REVERSIBLE])


def unclean(cells: Cells, shape: Shape) -> bool:
    """Return whether cells hold more than their stored bits, such as an overlay (PS3.5 8.1.2)."""
    if shape.stored == shape.allocated or not cells.size:
        return False
    if not shape.is_signed:
        return int(cells.max()) >> shape.stored != 0
    signed = cells.view(f"<i{shape.allocated // 8}")
    limit = 1 << (shape.stored - 1)
    return int(signed.max()) >= limit or int(signed.min()) < -limit


def encoded(cells: Cells, shape: Shape, syntax: str) -> bytes:
    """Return a frame compressed without loss, padded to even length.

    Raises
    ------
    InstanceError
        If the encoder fails.
    """
    try:
        data = _ENCODERS[syntax](cells, shape)
    except Exception as error:  # encoders raise whatever they stumble over
        raise InstanceError(
            said("The pixels cannot be compressed"),
            why=said("{0}: {1}", type(error).__name__, error),
        ) from error
    return data + b"\0" if len(data) & 1 else data


def _as_jpeg_lossless(cells: Cells, shape: Shape) -> bytes:
    """Return a frame in JPEG Lossless, whole cells as other programs write them too."""
    return encode_lossless(cells, shape.allocated, rgb=shape.photometric == "RGB")


def _as_jpeg_ls(cells: Cells, shape: Shape) -> bytes:
    """Return a frame in JPEG-LS, colour by pixel.

    Signed cells are coded whole: the stream does not tell signs, and not every reader extends
    them from the stored bits; so are those of few bits, which some readers do not decode.
    """
    import jpeg_ls  # noqa: PLC0415 - when it is needed

    is_whole = shape.is_signed or shape.stored <= 8
    return bytes(
        jpeg_ls.encode_buffer(
            cells.tobytes(),
            rows=shape.rows,
            columns=shape.columns,
            samples_per_pixel=shape.samples,
            bits_stored=shape.allocated if is_whole else shape.stored,
            interleave_mode=2 if shape.samples > 1 else 0,
        )
    )


def _as_jpeg_2000(cells: Cells, shape: Shape) -> bytes:
    """Return a frame in JPEG 2000 by the reversible transform, components as they are."""
    from openjpeg.utils import encode_buffer  # noqa: PLC0415 - when it is needed

    return bytes(
        encode_buffer(
            cells.tobytes(),
            shape.columns,
            shape.rows,
            shape.samples,
            shape.stored,
            shape.is_signed,
            use_mct=False,
        )
    )


def _as_rle(cells: Cells, shape: Shape) -> bytes:
    """Return a frame run-length encoded (PS3.5 Annex G), each byte of a cell by itself."""
    width = shape.allocated // 8
    # Segments go from the most significant byte of the first sample down.
    parts = cells.reshape(-1, shape.samples, 1).view(np.uint8).reshape(-1, shape.samples, width)
    segments = [
        packed_bits(parts[:, sample, byte], shape.columns)
        for sample in range(shape.samples)
        for byte in reversed(range(width))
    ]
    offsets = [64]
    for segment in segments[:-1]:
        offsets.append(offsets[-1] + len(segment))
    head = np.zeros(16, dtype="<u4")
    head[0] = len(segments)
    head[1 : 1 + len(offsets)] = offsets
    return head.tobytes() + b"".join(segments)


def packed_bits(data: npt.NDArray[np.uint8], columns: int) -> bytes:
    """Return bytes in PackBits, no run crossing a row (PS3.5 G.3.1), of even length."""
    out = bytearray()
    changes = np.flatnonzero(data[1:] != data[:-1]) + 1
    edges = np.union1d(changes, np.arange(0, data.size + 1, columns)).tolist()
    raw = data.tobytes()
    literal = edges[0]
    for start, stop in itertools.pairwise(edges):
        if stop - start > 2 or (stop % columns == 0 and stop - start > 1):
            _literal(out, raw, literal, start)
            _run(out, raw[start], stop - start)
            literal = stop
        elif stop % columns == 0:
            _literal(out, raw, literal, stop)
            literal = stop
    if len(out) & 1:
        out.append(0)
    return bytes(out)


def _literal(out: bytearray, raw: bytes, start: int, stop: int) -> None:
    """Add bytes that do not repeat, 128 at a time."""
    for begin in range(start, stop, 128):
        end = min(begin + 128, stop)
        out.append(end - begin - 1)
        out += raw[begin:end]


def _run(out: bytearray, value: int, length: int) -> None:
    """Add a byte that repeats, 128 times at a time."""
    while length > 1:
        count = min(length, 128)
        out += bytes((257 - count, value))
        length -= count
    if length:
        out += bytes((0, value))


_ENCODERS: Final = {
    JPEG_LOSSLESS_SV1: _as_jpeg_lossless,
    JPEG_LS: _as_jpeg_ls,
    JPEG_2000_LOSSLESS: _as_jpeg_2000,
    RLE: _as_rle,
}
