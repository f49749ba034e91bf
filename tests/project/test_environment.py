"""The environment that tests run in is the one that the design asks for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio import resources
from tests.pyside_guard import references_to_none_lost

if TYPE_CHECKING:
    from pathlib import Path


def test_pyside_keeps_its_references_to_none() -> None:
    """1,000 begin/endInsertRows leave the reference count of None where it was."""
    assert references_to_none_lost() <= 50


def test_settings_go_to_a_folder_of_the_test(home: Path) -> None:
    """No test reads or writes the person's own settings."""
    assert os.environ["DICOMDIR_STUDIO_HOME"] == str(home)


def test_resources_are_found() -> None:
    """The loader finds the resources in a checkout."""
    assert "Resources" in resources.read_text("README.md")


def test_the_sample_set_is_fresh(sample_dir: Path) -> None:
    """The sample File-set is a copy with its DICOMDIR and TINY_ALPHA."""
    assert (sample_dir / "DICOMDIR").is_file()
    assert (sample_dir / "TINY_ALPHA" / "DICOMDIR").is_file()
