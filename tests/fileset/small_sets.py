"""File-sets of small instances under names of one's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset import FileSet, Layout
from tests.storage.file_sets import make_instance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UID = "1.2.826.0.1.3680043.8.498.4"
"""Below it the SOP Instance UIDs are numbered, from 1 on."""


def write_small_set(root: Path, names: Sequence[str], layout: Layout = Layout.KEEP) -> FileSet:
    """Write an instance under each name, and the DICOMDIR that references them."""
    for number, name in enumerate(names):
        make_instance(root / name, number)
    file_set = FileSet()
    file_set.add_many([root / name for name in names], missing_keys="fill")
    file_set.write(root, layout=layout)
    return file_set
