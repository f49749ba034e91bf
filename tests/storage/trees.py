"""Small trees, plans and people for the tests of storage."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from dicomdir_studio.storage import CopyFrom, Plan, Put, Removal, Replace, Room, Stage, Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NOBODY = 65534
LARGE = bytes(range(256)) * 12_000  # 3 MB: several buffers


def sha(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def put_file(path: Path, data: bytes) -> Path:
    """Make a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def copy_of(source: Path, target: str, *, link: bool = False) -> CopyFrom:
    """Return the copy of a file as it is now."""
    status = source.stat()
    return CopyFrom(str(source), target, status.st_size, status.st_mtime_ns, link)


def plan_of(
    root: Path,
    puts: Iterable[Put] = (),
    *,
    index: bytes = b"new index",
    removals: Iterable[str] = (),
    owned: Iterable[str] | None = None,
    backup: str | None = None,
    checksum: bool = True,
) -> Plan:
    """Return a plan of one stage; what is removed is owned unless something else is said."""
    removals = tuple(removals)
    stage = Stage(
        tuple(puts), Replace("INDEX", index, backup), tuple(Removal(name) for name in removals)
    )
    return Plan(
        str(root), (stage,), frozenset(removals if owned is None else owned), checksum=checksum
    )


def names(root: Path) -> set[str]:
    """Return the names of all files below a root."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def everything(root: Path) -> dict[str, bytes]:
    """Return all files of a tree."""
    return {name: (root / name).read_bytes() for name in names(root)}


def folders(root: Path) -> set[str]:
    """Return the names of all folders below a root."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


@contextlib.contextmanager
def as_ordinary_person() -> Iterator[None]:
    """Let root be somebody whom permissions bind."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


class Roomy(Volume):
    """A volume of which a test says how much room it has."""

    said = Room(1 << 40, 4096, None)

    def room(self) -> Room:
        """Return what the test says."""
        return self.said
