"""What is imported, and what is not, by the time that a folder is indexed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.generate import Shape, make_files

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import os, sys
from dicomdir_studio.fileset import FileSet, Layout
root = sys.argv[1]
file_set = FileSet()
file_set.add_many(os.path.join(top, name) for top, _, names in os.walk(root) for name in names)
file_set.write(root, layout=Layout.KEEP)
assert len(file_set) == 24
print(*sys.modules)
"""


def test_indexing_needs_no_large_package(tmp_path: Path) -> None:
    """To index a folder and write its DICOMDIR, neither pydicom nor numpy is imported.

    Nor what generates classes, which takes longer than all that the classes do.
    """
    root = make_files(tmp_path / "root", 24, Shape(per_series=6, series_per_study=2))
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(root)], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    assert "dicomdir_studio.fileset.writing" in imported
    heavy = {"pydicom", "numpy", "PySide6", "click", "concurrent.futures", "logging", "tempfile"}
    generating = {"dataclasses", "inspect"}
    other_operations = {f"dicomdir_studio.fileset.{name}" for name in ("history", "query")}
    assert not imported & (heavy | generating | other_operations)
