"""Compares the values of one element in many records at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.part10.table import overlapping_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomdir_studio.part10.table import Integers

_WORD: Final = 8
_LONGEST: Final = 128
_CHUNK: Final = 8192
# An odd number without a pattern in its bits, which spreads the differences of words.
_SPREAD: Final = 0x9E3779B97F4A7C15
_SHIFT: Final = 29


def all_differ(buffer: bytes, begins: Integers, ends: Integers) -> bool:
    """Return whether no two spans hold the same bytes, empty ones aside.

    Parameters
    ----------
    buffer : bytes
        Holds the values.
    begins, ends : numpy.ndarray of int64, shape (n,)
        Where each begins and ends.
    """
    there = ends > begins
    begins, ends = begins[there], ends[there]
    sums = _checksums(buffer, begins, ends)
    # Where the sums differ, so do the values; where two are the same, the values are compared.
    if sums is not None:
        sums.sort()
        if not (sums[1:] == sums[:-1]).any():
            return True
    known: set[bytes] = set()
    for start in range(0, len(begins), _CHUNK):
        part = slice(start, start + _CHUNK)
        spans = zip(begins[part].tolist(), ends[part].tolist(), strict=True)
        before = len(known)
        known.update([buffer[begin:end] for begin, end in spans])
        if len(known) != before + len(begins[part]):
            return False
    return True


def _checksums(buffer: bytes, begins: Integers, ends: Integers) -> npt.NDArray[np.uint64] | None:
    """Return a sum of the bytes of each span, None where they are too long."""
    longest = int((ends - begins).max(initial=0))
    if longest > _LONGEST:
        return None
    words = overlapping_words(buffer)
    late = begins + longest > len(words)
    if not late.any():
        return _sums_of(words, begins, ends - begins, longest)
    # What lies so near to the end that whole words lead beyond it is read with room behind it.
    first = int(begins[late].min())
    behind = overlapping_words(buffer[first:] + bytes(longest + _WORD))
    sums = np.empty(len(begins), dtype=np.uint64)
    for chosen, part, shift in ((~late, words, 0), (late, behind, first)):
        at = begins[chosen]
        sums[chosen] = _sums_of(part, at - shift, ends[chosen] - at, longest)
    return sums


def _sums_of(
    words: npt.NDArray[np.uint64], begins: Integers, lengths: Integers, longest: int
) -> npt.NDArray[np.uint64]:
    """Return the sums of spans that lie within the words, as of as many words for each."""
    masks = np.array([(1 << 8 * held) - 1 for held in range(_WORD + 1)], dtype=np.uint64)
    sums = lengths.astype(np.uint64)
    for start in range(0, len(sums), _CHUNK):  # which stay in the processor's cache
        part = slice(start, start + _CHUNK)
        for place in range(0, longest, _WORD):
            held = masks[np.clip(lengths[part] - place, 0, _WORD)]
            word = sums[part] ^ (words[begins[part] + place] & held)
            word *= np.uint64(_SPREAD)
            sums[part] = word ^ word >> np.uint64(_SHIFT)
    return sums
