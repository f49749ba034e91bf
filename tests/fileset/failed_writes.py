"""Writes of a File-set that fail or die at a chosen moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, writing
from dicomdir_studio.storage import execute
from tests.bundled import sample
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def edited(root: Path) -> FileSet:
    """Open a File-set and stage a removal and an addition."""
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[3:6])
    file_set.add(sample("CT_small.dcm"))
    return file_set


@contextmanager
def failing(fault: Fault, *, dead: bool = False) -> Iterator[None]:
    """Let the next writes meet a fault; the dead do nothing afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "execute", lambda plan, **more: execute(plan, volume=fault, **more))
        if dead:
            patch.setattr(writing.Writer, "_settle", lambda *_: None)
        yield


def killed(file_set: FileSet, number: int, path: Path | None = None) -> None:
    """Let the process of a write die at a call."""
    with failing(Fault(number), dead=True), pytest.raises(Killed):
        file_set.write(path)
