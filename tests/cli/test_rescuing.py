"""A medium that fails in places: what can be read is copied, the rest is listed."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.session.rescuing import copy_readable, unreadable
from dicomdir_studio.storage import SourceReadError
from tests.fileset.twins import assert_whole
from tests.folders import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Terminal


class SickMedium:
    """Reads of some files fail, from a byte on, for a number of times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: dict[str, tuple[int, int]] = {}
        self.failed: dict[str, int] = {}
        for name in ("read", "pread", "readv", "preadv", "copy_file_range", "sendfile"):
            if hasattr(os, name):
                monkeypatch.setattr(os, name, self._failing(name, getattr(os, name)))

    def _failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that fails where the medium is sick."""
        source_at = 1 if name == "sendfile" else 0

        def call(*words: Any, **more: Any) -> Any:
            descriptor = words[source_at]
            try:
                path = os.path.realpath(f"/proc/self/fd/{descriptor}")
            except OSError:
                path = ""
            begin, times = self.faults.get(path, (0, 0))
            if times > self.failed.get(path, 0):
                reached = os.lseek(descriptor, 0, os.SEEK_CUR)
                if name == "pread":
                    reached = words[2]
                if begin == 0 or reached >= begin:
                    self.failed[path] = self.failed.get(path, 0) + 1
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*words, **more)

        return call


pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")


@pytest.fixture
def sick(monkeypatch: pytest.MonkeyPatch) -> SickMedium:
    """Give a medium on which faults can be put."""
    return SickMedium(monkeypatch)


def test_the_rest_is_copied(sick: SickMedium, sample_dir: Path, tmp_path: Path) -> None:
    """Two files that never come are left out and named; one that comes at the third try is not."""
    file_set = FileSet(sample_dir / "DICOMDIR", salvage=True)
    instances = list(file_set)
    paths = [os.path.realpath(one.path) for one in instances]
    sick.faults = {paths[0]: (0, 10**6), paths[1]: (0, 2), paths[2]: (0, 10**6)}
    unread = unreadable(file_set)
    assert list(unread) == [instances[0], instances[2]]
    plan = file_set.plan_copy(tmp_path / "copy", layout=Layout.KEEP, without=unread)
    assert len(plan.left_out) == 2
    rescue = copy_readable(file_set, plan, unread, layout=Layout.KEEP)
    assert rescue.plan.instance_count == len(instances) - 2
    held = assert_whole(tmp_path / "copy")
    assert len(held) == len(instances) - 2
    assert held[str(instances[1].SOPInstanceUID)] == digest(paths[1])


def test_a_file_that_fails_while_it_is_copied(
    sick: SickMedium, sample_dir: Path, tmp_path: Path
) -> None:
    """A file whose end cannot be read is found by copying: tried again, then left out."""
    file_set = FileSet(sample_dir / "DICOMDIR", salvage=True)
    broken = list(file_set)[4]
    path = os.path.realpath(broken.path)
    plan = file_set.plan_copy(tmp_path / "copy", layout=Layout.KEEP)
    sick.faults = {path: (0, 10**6)}
    rescue = copy_readable(file_set, plan, {}, layout=Layout.KEEP)
    assert list(rescue.unread) == [broken]
    assert isinstance(rescue.unread[broken], SourceReadError)
    assert sick.failed[path] >= 3
    assert len(assert_whole(tmp_path / "copy")) == len(file_set) - 1


def test_from_the_terminal(
    sick: SickMedium, terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """What could not be copied is named on standard error, and the code is 1."""
    file_set = FileSet(sample_dir / "DICOMDIR", salvage=True)
    broken = list(file_set)[3]
    sick.faults = {os.path.realpath(broken.path): (0, 10**6)}
    ended = terminal("copy", sample_dir, tmp_path / "copy")
    assert ended.code == 1, ended.err
    assert "not copied: " in ended.err
    assert broken.path in ended.err
    assert len(assert_whole(tmp_path / "copy")) == len(file_set) - 1
