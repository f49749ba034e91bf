"""What a medium may hold after the power went: a model as strict as POSIX allows.

Every call is recorded. What a later sync covers has happened; of the rest, any
part may have happened or not, in any order: a name without its file's bytes, a
removal without the rename before it, a folder's names without the folder.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from dicomdir_studio.storage import Volume
from tests.storage.volumes import Killed, Weak

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Placed: TypeAlias = "tuple[int, Call]"
SYNCS = {"fsync", "sync_directory", "sync_all"}
_NEW_TIME = 1_700_000_000


@dataclass(frozen=True)
class Call:
    """One recorded call.

    Attributes
    ----------
    kind : str
        Name of the volume's method, or "vanish" or "arrive" (see `split_replacements`).
    paths : tuple of str
        The names that it changes.
    file : int
        Number of the file that it makes, names, writes or syncs.
    data : bytes
        What it writes.
    """

    kind: str
    paths: tuple[str, ...] = ()
    file: int = 0
    data: bytes = b""


class Log:
    """The calls of one or several volumes of a tree, in order.

    Attributes
    ----------
    calls : list of Call
        What happened.
    death : int or None
        After how many calls the process dies; None if it lives.
    """

    def __init__(self, death: int | None = None) -> None:
        self.calls: list[Call] = []
        self.death = death
        self._files: dict[int, int] = {}
        self._next = 1_000_000

    def add(self, call: Call) -> None:
        """Remember a call."""
        self.calls.append(call)

    def begin(self) -> None:
        """Die if it is time to: nothing has an effect from then on."""
        if self.death is not None and len(self.calls) >= self.death:
            raise Killed

    def new_file(self, descriptor: int) -> int:
        """Return a number for a new file: the system may use its own numbers again."""
        self._next += 1
        self._files[os.fstat(descriptor).st_ino] = self._next
        return self._next

    def file(self, descriptor: int) -> int:
        """Return the number of an open file."""
        return self.number(os.fstat(descriptor).st_ino)

    def number(self, given: int) -> int:
        """Return the number of a file that the system numbers so."""
        return self._files.get(given, given)


class Recording(Volume):
    """Does everything and remembers it, the syncs without waiting for them."""

    def __init__(self, root: str, log: Log) -> None:
        super().__init__(root)
        self._log = log

    def mkdir(self, path: str) -> None:
        """Record it."""
        self._log.begin()
        super().mkdir(path)
        self._log.add(Call("mkdir", (path,)))

    def create(self, path: str) -> int:
        """Record it."""
        self._log.begin()
        descriptor = super().create(path)
        self._log.add(Call("create", (path,), self._log.new_file(descriptor)))
        return descriptor

    def write(self, descriptor: int, data: Any) -> None:
        """Record it."""
        self._log.begin()
        super().write(descriptor, data)
        self._log.add(Call("write", (), self._log.file(descriptor), bytes(data)))

    def link(self, source: str, target: str) -> None:
        """Record it."""
        self._log.begin()
        super().link(source, target)
        self._log.add(Call("link", (source, target), self._named(target)))

    def replace(self, source: str, target: str) -> None:
        """Record it."""
        self._log.begin()
        super().replace(source, target)
        self._log.add(Call("replace", (source, target), self._named(target)))

    def unlink(self, path: str) -> None:
        """Record it."""
        self._log.begin()
        super().unlink(path)
        self._log.add(Call("unlink", (path,)))

    def rmdir(self, path: str) -> None:
        """Record it."""
        self._log.begin()
        super().rmdir(path)
        self._log.add(Call("rmdir", (path,)))

    def fsync(self, descriptor: int) -> None:
        """Record it."""
        self._log.begin()
        self._log.add(Call("fsync", (), self._log.file(descriptor)))

    def sync_directory(self, path: str) -> None:
        """Record it, if there is such a folder."""
        self._log.begin()
        if path and self.lstat(path) is None:
            raise FileNotFoundError(path)
        self._log.add(Call("sync_directory", (path,)))

    def sync_all(self) -> None:
        """Record it."""
        self._log.begin()
        self._log.add(Call("sync_all"))

    def write_back(self, descriptor: int, *, wait: bool = False) -> None:
        """Promise nothing, as the call does."""

    def _named(self, path: str) -> int:
        """Return the number of a file by its name."""
        status = self.lstat(path)
        assert status is not None
        return self._log.number(status.st_ino)


class RecordingEachFile(Recording):
    """The same where only fsync() is to be trusted."""

    can_sync_all = False


class RecordingWeak(Weak, Recording):
    """The same without hard links and without one sync for all."""


@dataclass
class Disk:
    """Names and bytes on a medium.

    Attributes
    ----------
    names : dict of str to int
        File by name.
    bytes : dict of int to bytes
        Content by file.
    folders : set of str
        The folders; the root is ``""``.
    """

    names: dict[str, int] = field(default_factory=dict)
    bytes: dict[int, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {""})
    times: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> Disk:
        """Return what is below a root now."""
        disk = cls()
        for path in root.rglob("*"):
            name = path.relative_to(root).as_posix()
            if path.is_dir():
                disk.folders.add(name)
            else:
                status = path.stat()
                disk.names[name] = status.st_ino
                disk.bytes[status.st_ino] = path.read_bytes()
                disk.times[status.st_ino] = int(status.st_mtime)
        return disk

    def copy(self) -> Disk:
        """Return a disk to go on from."""
        return Disk(dict(self.names), dict(self.bytes), set(self.folders), self.times)

    def key(self) -> object:
        """Return what tells this disk from others."""
        files = tuple(sorted((name, self.bytes[file]) for name, file in self.names.items()))
        return files, tuple(sorted(self.folders))

    def apply(self, call: Call) -> None:
        """Do one call as far as what it needs is there."""
        if not all(_folder(path) in self.folders for path in call.paths):
            return
        match call.kind:
            case "mkdir":
                self.names.pop(call.paths[0], None)
                self.folders.add(call.paths[0])
            case "rmdir":
                self._lose_folder(call.paths[0])
            case "write":
                self.bytes[call.file] = self.bytes.get(call.file, b"") + call.data
            case "unlink" | "vanish":
                self.names.pop(call.paths[0], None)
            case "create" | "link" | "arrive" | "replace":
                if call.kind == "replace" and self.names.get(call.paths[0]) == call.file:
                    del self.names[call.paths[0]]
                if call.paths[-1] in self.folders:
                    self._lose_folder(call.paths[-1])
                self.names[call.paths[-1]] = call.file
                self.bytes.setdefault(call.file, b"")

    def _lose_folder(self, path: str) -> None:
        """Remove a folder; if a removal in it was lost, that file is out of reach with it."""
        inside = path + "/"
        self.folders = {n for n in self.folders if n != path and not n.startswith(inside)}
        self.names = {n: f for n, f in self.names.items() if not n.startswith(inside)}

    def make(self, root: Path) -> None:
        """Make it real below an empty root."""
        root.mkdir(parents=True)
        for folder in sorted(self.folders - {""}):
            (root / folder).mkdir()
        first: dict[int, Path] = {}
        for name, file in sorted(self.names.items()):
            path = root / name
            if file in first:
                os.link(first[file], path)
                continue
            first[file] = path
            path.write_bytes(self.bytes[file])
            time = self.times.get(file, _NEW_TIME)
            os.utime(path, (time, time))


def split_replacements(calls: Sequence[Call]) -> list[Call]:
    """Return the calls with every replacement in three steps, as FAT may do it."""
    split = []
    for call in calls:
        if call.kind == "replace":
            source, target = call.paths
            split.append(Call("vanish", (target,)))
            split.append(Call("arrive", (target,), call.file))
            split.append(Call("vanish", (source,)))
        else:
            split.append(call)
    return split


def disks_after_power_loss(
    before: Disk, calls: Sequence[Call], rounds: int, *, start: int = 0
) -> Iterator[tuple[int, Disk]]:
    """Yield what a medium may hold when the power goes during ``calls[start:]``.

    Between two syncs, all that may be missing at any instant may also be missing just
    before the second: it is enough to look there.

    Yields
    ------
    int
        How many calls were begun.
    Disk
        One of the possible contents; none twice for one instant.
    """
    chance = random.Random(start)
    for end, call in [*enumerate(calls), (len(calls), None)]:
        if end < start or (call is not None and call.kind not in SYNCS):
            continue
        certain, pending = _split(calls[:end])
        seen: set[object] = set()
        for chosen in _choices(pending, chance, rounds):
            disk = before.copy()
            for _, done in sorted([*certain, *chosen], key=lambda pair: pair[0]):
                disk.apply(done)
            key = disk.key()
            if key not in seen:
                seen.add(key)
                yield end, disk


def _split(calls: Sequence[Call]) -> tuple[list[Placed], list[Placed]]:
    """Return which calls have certainly reached the medium, and which only perhaps."""
    certain: list[Placed] = []
    pending: list[Placed] = []
    for position, call in enumerate(calls):
        if call.kind not in SYNCS:
            covered = _is_covered(call, calls[position + 1 :])
            (certain if covered else pending).append((position, call))
    return certain, pending


def _is_covered(call: Call, later: Sequence[Call]) -> bool:
    """Tell whether a later sync puts a call on the medium."""
    if any(sync.kind == "sync_all" for sync in later):
        return True
    if call.kind == "write":
        return any(sync.kind == "fsync" and sync.file == call.file for sync in later)
    synced = {sync.paths[0] for sync in later if sync.kind == "sync_directory"}
    folders = {_folder(path) for path in call.paths[-1:]}
    if call.kind == "replace":
        folders = {_folder(path) for path in call.paths}
    return folders <= synced


def _choices(pending: list[Placed], chance: random.Random, rounds: int) -> Iterator[list[Placed]]:
    """Yield parts of what may have happened: in order, one missing, one alone, by chance."""
    for length in range(len(pending) + 1):
        yield pending[:length]
    for number, (position, call) in enumerate(pending):
        before, after = pending[:number], pending[number + 1 :]
        yield [(position, call)]
        yield [*before, *after]
        if call.kind == "write":
            for data in (call.data[: len(call.data) // 2], bytes(len(call.data))):
                yield [*before, (position, Call("write", (), call.file, data)), *after]
    for _ in range(rounds):
        share = chance.random()
        yield [placed for placed in pending if chance.random() < share]


def _folder(path: str) -> str:
    """Return the folder of a name."""
    return path.rpartition("/")[0]
