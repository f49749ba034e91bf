"""Which calls of a long write are tried: none of the ends of its phases is left out."""

from __future__ import annotations

from itertools import pairwise

from tests.storage.sampling import phase_ends, sampled

KINDS = ["flock", *["mkdirat"] * 30, *["openat", "write"] * 40, "renameat", *["unlinkat"] * 50]


def test_the_ends_of_every_phase() -> None:
    """First and last of a run of calls, of calls in turn too, and every call that stands alone."""
    assert phase_ends(KINDS) == [0, 1, 30, 31, 32, 109, 110, 111, 112, 161]


def test_the_others_are_spread() -> None:
    """As many as asked for, each once, in order, and no long way between two."""
    places = sampled(KINDS, 60)
    assert len(places) == 60
    assert set(phase_ends(KINDS)) <= set(places)
    assert places == sorted(set(places))
    assert max(b - a for a, b in pairwise(places)) < 5


def test_few_calls_are_all_taken() -> None:
    """More asked for than there are: every one."""
    assert sampled(KINDS[:20], 60) == list(range(20))
