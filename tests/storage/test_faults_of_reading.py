"""Reads that fail, at every one of them: neither old nor new, or a file silently missing, never."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.storage.enumeration import enumerations
from tests.storage.file_sets import READINGS
from tests.storage.looking import Looking

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900), pytest.mark.usefixtures("strace")]

WRITES = ("change", "keep-add", "standard", "copy")


@pytest.mark.parametrize("case", [*READINGS, *WRITES])
def test_every_look_fails(case: str) -> None:
    """Each read, listing, question and close fails once.

    What is only read is found whole, or an error names what cannot be read. A write leaves
    the old state and what was staged, or the new state, which the error says.
    """
    with closing(enumerations([case], Looking)) as found:
        looking = next(found)
        looking.fail_everywhere()
        assert looking.tally.runs.total() == len(looking.points)
