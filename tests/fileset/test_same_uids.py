"""The quick look whether all SOP Instance UIDs differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.fileset import gathering


@given(st.lists(st.sampled_from([b"", b"1", b"2", b"12", b"1.2", b"3"]), max_size=8))
def test_it_tells_two_that_are_the_same(values: list[bytes]) -> None:
    """Empty and absent ones aside, wherever the two stand."""
    buffer = b"".join(values)
    ends = [sum(map(len, values[: place + 1])) for place in range(len(values))]
    begins = [end - len(value) for end, value in zip(ends, values, strict=True)]
    filled = [value for value in values if value]
    expected = len(set(filled)) == len(filled)
    assert gathering._all_differ(buffer, [-1, *begins], [-1, *ends]) is expected


def test_it_goes_on_beyond_the_first_few_thousand() -> None:
    """The same UID at both ends of a long list is found."""
    size = 2 * gathering._CHECK_EVERY + 3
    buffer = b"".join(b"%08d" % number for number in range(size)) + b"%08d" % 0
    begins = list(range(0, len(buffer), 8))
    assert not gathering._all_differ(buffer, begins, [begin + 8 for begin in begins])
    assert gathering._all_differ(buffer, begins[:-1], [begin + 8 for begin in begins[:-1]])
