"""A stick, the system it is in, and programs that answer as those of systems do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dicomdir_studio.media.programs import Answer
from dicomdir_studio.media.volumes import Volume
from dicomdir_studio.standard.media import FileSystem

if TYPE_CHECKING:
    from collections.abc import Sequence


STICK = Volume("/dev/sdb1", "/media/me/STICK", "STICK", FileSystem.FAT32, "vfat", 8_000_000_000)


class Programs:
    """Answers as programs did, and notes what they were asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> Answer:
        """Return the answer to the program of that name."""
        self.asked.append(tuple(words))
        return self.answers.get(words[0].rpartition("/")[2].partition(".")[0], Answer(0, ""))


class FakeSystem:
    """A system with one stick that notes what was done."""

    def __init__(self, *volumes: Volume, is_safe: bool = True) -> None:
        self.there = list(volumes)
        self.done: list[tuple[Any, ...]] = []
        self._is_safe = is_safe

    def volumes(self) -> list[Volume]:
        """Return them."""
        return self.there

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the one."""
        return next((v for v in self.there if os.fspath(path) in (v.device, v.mount_point)), None)

    def flush(self, volume: Volume) -> None:
        """Note it."""
        self.done.append(("flush", volume.device))

    def eject(self, volume: Volume) -> bool:
        """Note it."""
        self.done.append(("eject", volume.device))
        return self._is_safe

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Note it."""
        self.done.append(("format", volume.device, label, system))
