"""The quick look whether all values differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.part10 import span_values
from dicomdir_studio.part10.span_values import all_differ

_LONG = b"1.2.826.0.1.3680043.10.1462.4."
_PARTS = [b"", b"1", b"2", b"12", b"1.2", b"3", _LONG, _LONG + b"1", b"\0", b"1\0"]


def laid(values: list[bytes], tail: int) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Return a buffer with the values, one that is absent before them, and their spans."""
    ends = np.cumsum([0, *map(len, values)], dtype=np.int64)[1:]
    begins = ends - np.array([len(value) for value in values], dtype=np.int64)
    absent = np.array([-1], dtype=np.int64)
    buffer = b"".join(values) + b"\xa5" * tail
    return buffer, np.concatenate((absent, begins)), np.concatenate((absent, ends))


@given(
    st.lists(st.lists(st.sampled_from(_PARTS), max_size=3).map(b"".join), max_size=8),
    st.sampled_from([0, 1, 300]),
)
def test_it_tells_two_that_are_the_same(values: list[bytes], tail: int) -> None:
    """Empty and absent ones aside, wherever the two stand, whatever follows them."""
    filled = [value for value in values if value]
    assert all_differ(*laid(values, tail)) is (len(set(filled)) == len(filled))


def test_it_goes_on_beyond_the_first_few_thousand() -> None:
    """The same UID at both ends of a long list is found, by sums and by comparing."""
    size = 2 * span_values._CHUNK + 3
    values = [b"%08d" % number for number in range(size)]
    for tail in (0, 64):
        assert all_differ(*laid(values, tail))
        assert not all_differ(*laid([*values, values[0]], tail))


def test_equal_sums_are_no_proof() -> None:
    """Values are compared where their sums are the same: here all of them are."""
    values = [b"%08d" % number for number in range(100)]
    buffer, begins, ends = laid(values, 64)
    before = span_values._SPREAD
    try:
        span_values._SPREAD = 0  # type: ignore[misc]
        assert all_differ(buffer, begins, ends)
        assert not all_differ(*laid([*values, values[7]], 64))
    finally:
        span_values._SPREAD = before  # type: ignore[misc]


def test_what_lies_at_the_end_has_the_same_sum() -> None:
    """Sums are made up to the last octet of the buffer, of values of unlike length too."""
    values = [b"1.2", b"1.2.826.0.1.3680043", b"7", b"1.2.3.4.5", b"9"]
    at_the_end, followed = (
        span_values._checksums(buffer, begins[1:], ends[1:])
        for buffer, begins, ends in (laid(values, 0), laid(values, 300))
    )
    assert at_the_end is not None
    assert followed is not None
    assert at_the_end.tolist() == followed.tolist()
    assert len(set(at_the_end.tolist())) == len(values)
