"""JPEG Lossless, Non-Hierarchical, First-Order Prediction (ISO/IEC 10918-1 process 14, SV1).

Written in array operations, so that no foreign encoder can end the process. What it writes is
decoded again by another's decoder before a file is taken (`instance`).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_SYMBOLS: Final = 17
"""Categories of differences, 0 to 16 (ISO/IEC 10918-1 Table H.2)."""
_LONGEST: Final = 16
"""Bits of the longest code."""
_BAND: Final = 1 << 19
"""Samples that are coded at a time, so that memory does not grow with the image."""
_PLAIN_IDS: Final = (1, 2, 3)
_RGB_IDS: Final = (82, 71, 66)
"""R, G and B, which tell decoders that there is no colour transform to undo."""


def encode_lossless(samples: npt.NDArray[Any], precision: int, *, rgb: bool = False) -> bytes:
    """Return a frame as a JPEG Lossless SV1 stream.

    Parameters
    ----------
    samples : numpy.ndarray of unsigned integers, shape (rows, columns, components)
        The frame, every value below ``2**precision``.
    precision : int
        Bits of a sample, 2 to 16.
    rgb : bool, optional
        Whether the three components are red, green and blue.
    """
    rows, columns, components = samples.shape
    counts = np.zeros(_SYMBOLS, dtype=np.int64)
    for differences in _bands(samples, precision):
        counts += np.bincount(_categories(differences), minlength=_SYMBOLS)
    lengths = code_lengths(counts)
    ids = _RGB_IDS if rgb else _PLAIN_IDS[:components]
    parts = [
        b"\xff\xd8",
        _frame_header(precision, rows, columns, ids),
        _table(lengths),
        _scan_header(ids),
        _scan(samples, precision, lengths),
        b"\xff\xd9",
    ]
    return b"".join(parts)


def _bands(samples: npt.NDArray[Any], precision: int) -> Iterator[Integers]:
    """Yield the differences from prediction, some rows at a time, in the order of the scan."""
    rows, columns, components = samples.shape
    step = max(1, _BAND // (columns * components))
    above = np.full((1, components), 1 << (precision - 1), dtype=np.int64)
    for first in range(0, rows, step):
        band = samples[first : first + step].astype(np.int64)
        predicted = np.empty_like(band)
        predicted[:, 1:] = band[:, :-1]
        # The first of a row is predicted by the one above it, the very first by half the range.
        predicted[1:, 0] = band[:-1, 0]
        predicted[0, 0] = above
        above = band[-1, 0]
        # Differences are taken modulo 2**16 (H.1.2.1), here from -32767 to 32768.
        differences = (band - predicted).ravel()
        yield (differences + 32_767) % 65_536 - 32_767


def _categories(differences: Integers) -> Integers:
    """Return how many bits each difference takes, 0 to 16."""
    found = np.frexp(np.abs(differences).astype(np.float64))[1]
    return np.where(differences == 32_768, 16, found).astype(np.int64)


def code_lengths(counts: Integers) -> list[int]:
    """Return the length of the best code of each symbol, 0 for those that do not occur.

    Package-merge: the best code with no length above 16. One further symbol, which never
    occurs, keeps the code of ones alone free (ISO/IEC 10918-1 Annex C).
    """
    present = [symbol for symbol in range(len(counts)) if counts[symbol]]
    singles = [(0, (-1,)), *sorted((int(counts[symbol]), (symbol,)) for symbol in present)]
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(_LONGEST):
        merged = sorted([*singles, *packages])
        packages = [
            (one[0] + two[0], one[1] + two[1])
            for one, two in zip(merged[::2], merged[1::2], strict=False)
        ]
    lengths = [0] * len(counts)
    for _, symbols in packages[: len(singles) - 1]:
        for symbol in symbols:
            if symbol >= 0:
                lengths[symbol] += 1
    return lengths


def _ordered(lengths: list[int]) -> list[int]:
    """Return the symbols that occur in the order of their codes."""
    present = [symbol for symbol, length in enumerate(lengths) if length]
    return sorted(present, key=lambda symbol: (lengths[symbol], symbol))


def _codes(lengths: list[int]) -> Integers:
    """Return the code of each symbol (ISO/IEC 10918-1 Annex C.2)."""
    codes = np.zeros(len(lengths), dtype=np.int64)
    code = previous = 0
    for symbol in _ordered(lengths):
        code <<= lengths[symbol] - previous
        previous = lengths[symbol]
        codes[symbol] = code
        code += 1
    return codes


def _scan(samples: npt.NDArray[Any], precision: int, lengths: list[int]) -> bytes:
    """Return the entropy-coded samples, stuffed and filled up with ones."""
    codes, sizes = _codes(lengths), np.array(lengths, dtype=np.int64)
    parts: list[bytes] = []
    rest, rest_bits = 0, 0
    for differences in _bands(samples, precision):
        kinds = _categories(differences)
        extra = np.where(kinds == _LONGEST, 0, kinds)
        # Negative differences are coded one lower, in the lowest bits (F.1.2.1.1, H.1.2.2).
        low = np.where(differences < 0, differences - 1, differences) & ((1 << extra) - 1)
        values = np.concatenate(([rest], codes[kinds] << extra | low))
        bits = np.concatenate(([rest_bits], sizes[kinds] + extra))
        whole, rest, rest_bits = _packed(values, bits)
        parts.append(whole)
    if rest_bits:
        fill = 8 - rest_bits
        parts.append(bytes([rest << fill | (1 << fill) - 1]))
    return b"".join(parts).replace(b"\xff", b"\xff\x00")


def _packed(values: Integers, bits: Integers) -> tuple[bytes, int, int]:
    """Return values of so many bits each in whole bytes, and the bits that are left."""
    ends = np.cumsum(bits)
    starts = ends - bits
    places, shifts = starts >> 5, starts & 31
    wide = values.astype(np.uint64) << (64 - shifts - bits).astype(np.uint64)
    count = int(ends[-1] >> 5) + 2
    # No two values share a bit, so that sums are unions; halves are exact as floating point.
    high = (wide >> np.uint64(32)).astype(np.float64)
    low = (wide & np.uint64(0xFFFFFFFF)).astype(np.float64)
    words = np.bincount(places, high, count) + np.bincount(places + 1, low, count)
    data = words.astype(">u4").tobytes()
    whole, left = divmod(int(ends[-1]), 8)
    return data[:whole], data[whole] >> (8 - left), left


def _frame_header(precision: int, rows: int, columns: int, ids: tuple[int, ...]) -> bytes:
    """Return the SOF3 segment."""
    parts = b"".join(bytes([number, 0x11, 0]) for number in ids)
    length = 8 + len(parts)
    return struct.pack(">HHBHHB", 0xFFC3, length, precision, rows, columns, len(ids)) + parts


def _table(lengths: list[int]) -> bytes:
    """Return the DHT segment."""
    symbols = _ordered(lengths)
    counts = bytes(lengths.count(length) for length in range(1, _LONGEST + 1))
    return struct.pack(">HHB", 0xFFC4, 19 + len(symbols), 0) + counts + bytes(symbols)


def _scan_header(ids: tuple[int, ...]) -> bytes:
    """Return the SOS segment: all components in one scan, predictor 1, no point transform."""
    parts = b"".join(bytes([number, 0]) for number in ids)
    return struct.pack(">HHB", 0xFFDA, 6 + len(parts), len(ids)) + parts + b"\x01\x00\x00"
