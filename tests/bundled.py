"""pydicom's bundled files."""

from __future__ import annotations

from pathlib import Path

from pydicom.data import get_testdata_file

TEST_FILES = Path(str(get_testdata_file("CT_small.dcm"))).parent
"""The folder in which they are."""


def sample(name: str) -> Path:
    """Return the path of a bundled file."""
    return TEST_FILES / name
