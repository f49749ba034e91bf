"""A file for the tests of readers of encoded bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file for every example to write anew."""
    return tmp_path_factory.mktemp("generated") / "file.dcm"
