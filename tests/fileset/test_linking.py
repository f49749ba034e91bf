"""Whether links are sound, beside following them."""

from __future__ import annotations

import random
from array import array

import numpy as np
import pytest

from dicomdir_studio.fileset.linking import Links, is_sound


def reached(links: Links) -> bool:
    """Return whether following the links meets every record once."""
    seen: list[int] = []
    waiting = [links.first]
    while waiting and len(seen) <= len(links.following):
        row = waiting.pop()
        if row == -1:
            continue
        if row < 0:
            return False
        seen.append(row)
        waiting += [links.following[row], links.lower[row]]
    return sorted(seen) == list(range(len(links.following))) and not waiting


@pytest.mark.parametrize("ordered", [True, False])
def test_links_are_sound_where_following_them_meets_all(*, ordered: bool) -> None:
    """Also where some lead back, in a circle or to one record twice."""
    rng = random.Random(1)
    verdicts = []
    for _ in range(3_000):
        count = rng.randint(1, 6)
        rows = list(range(count))
        if not ordered:
            rng.shuffle(rows)
        following, lower = array("q", [-1] * count), array("q", [-1] * count)
        for place, row in enumerate(rows[1:], 1):
            free = [(side, one) for side in (following, lower) for one in rows[:place]
                    if side[one] == -1]  # fmt: skip
            side, one = rng.choice(free)
            side[one] = row
        if rng.random() < 0.5:
            rng.choice((following, lower))[rng.randrange(count)] = rng.choice([*rows, -1, -2])
        links = Links(following, lower, rows[0])
        verdicts.append(is_sound(links))
        assert verdicts[-1] == reached(links)
    assert np.mean(verdicts) > 0.3
    assert np.mean(verdicts) < 0.9
