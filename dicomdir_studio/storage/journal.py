"""The journal of a write, which contains exactly what recovery needs to finish or undo it.

JSON lines, each led by the CRC-32 of its text, the last one ``{"end": n}``. The
file is complete and on the medium before the first change, so a journal that is
torn means that nothing had started. It is never appended to: how far a write
came is read from the tree. An index that waits for its commit lies beside the
journal (`waiting_name`); the commit renames it away.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomdir_studio.storage.errors import RecoveryError
from dicomdir_studio.storage.plan import RESERVED_PREFIX, check_relative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.storage.volume import Volume

JOURNAL_NAME = RESERVED_PREFIX + "journal"
BACKUP_NAME = RESERVED_PREFIX + "backup"
REWRITE_NAME = RESERVED_PREFIX + "rewrite"
PROBE_NAME = RESERVED_PREFIX + "probe"
_WAITING = RESERVED_PREFIX + "index-"
_STRAY = re.compile(re.escape(RESERVED_PREFIX) + r"(?:backup|rewrite|probe|(?:index|lock)-\d+)")
_FORMAT = 1
_LISTS = ("copies", "links", "removals", "folders")
_CHUNK = 1000
_LARGEST = 1 << 30


def waiting_name(stage: int) -> str:
    """Return the name under which the index of `stage` waits for its commit."""
    return f"{_WAITING}{stage}"


class JournalStage(NamedTuple):
    """One stage as recovery needs it.

    Attributes
    ----------
    digest : str
        SHA-256 of the stage's index.
    copies : tuple of (str, int)
        Targets of copies and new files, with their sizes.
    links : tuple of (str, str, int)
        Sources and targets of links, with their sizes.
    removals : tuple of str
        Names to remove after the commit.
    folders : tuple of str
        Folders that the stage makes, parents first.
    """

    digest: str
    copies: tuple[tuple[str, int], ...] = ()
    links: tuple[tuple[str, str, int], ...] = ()
    removals: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class Journal(NamedTuple):
    """All of one write.

    Attributes
    ----------
    name : str
        Name of the index.
    before : str or None
        SHA-256 of the index before the write; None if there was none.
    stages : tuple of JournalStage
        The stages, in order.
    backup : str or None
        Name under which the previous index is to be kept.
    rename : bool
        Links are made by renaming.
    weak : bool
        The file system has no hard links and perhaps no atomic replacement (FAT): an
        index that waits for its commit is copied into place and stays until that is
        on the medium.
    made_root : bool
        The root itself was made by the write.
    started : str
        When, ISO 8601.
    host : str
        On which machine, empty where unknown.
    pid : int
        By which process, 0 where unknown.
    """

    name: str
    before: str | None
    stages: tuple[JournalStage, ...]
    backup: str | None = None
    rename: bool = False
    weak: bool = False
    made_root: bool = False
    started: str = ""
    host: str = ""
    pid: int = 0

    def targets(self) -> Iterator[tuple[str, int]]:
        """Yield every name put by any stage, with its size."""
        for stage in self.stages:
            yield from stage.copies
            for _, target, size in stage.links:
                yield target, size


def encode(journal: Journal) -> bytes:
    """Return the bytes of the journal file."""
    lines = list(_lines(journal))
    lines.append({"end": len(lines)})
    out = bytearray()
    for line in lines:
        text = json.dumps(line, separators=(",", ":")).encode("ascii")
        out += b"%08x %s\n" % (zlib.crc32(text), text)
    return bytes(out)


def _lines(journal: Journal) -> Iterator[dict[str, Any]]:
    """Yield the lines of a journal but the last one."""
    yield {
        "format": _FORMAT,
        "name": journal.name,
        "before": journal.before,
        "stages": len(journal.stages),
        "backup": journal.backup,
        "rename": journal.rename,
        "weak": journal.weak,
        "made_root": journal.made_root,
        "started": journal.started,
        "host": journal.host,
        "pid": journal.pid,
    }
    for number, stage in enumerate(journal.stages):
        yield {"stage": number, "digest": stage.digest}
        for key in _LISTS:
            for chunk in _chunks(getattr(stage, key)):
                yield {"stage": number, key: chunk}


def _chunks(values: tuple[Any, ...]) -> Iterator[list[Any]]:
    """Yield the values in lists short enough for a line."""
    for start in range(0, len(values), _CHUNK):
        yield list(values[start : start + _CHUNK])


def decode(data: bytes) -> Journal | None:
    """Return the journal, or None if it is torn.

    Raises
    ------
    RecoveryError
        A later version of this program wrote it.
    UnsafePathError
        It names a path that leads out of the root.
    """
    lines: list[dict[str, Any]] = []
    for raw in data.split(b"\n")[:-1]:
        text = raw[9:]
        if raw[:9] != b"%08x " % zlib.crc32(text):
            return None
        lines.append(json.loads(text))
    if not lines or not data.endswith(b"\n") or lines[-1] != {"end": len(lines) - 1}:
        return None
    if lines[0].get("format") != _FORMAT:
        raise RecoveryError(
            "The journal of an interrupted write has an unknown format",
            why=f"format {lines[0].get('format')}",
            remedy="Open it with the version of DICOMDIR Studio that made it, or a later one",
        )
    try:
        return _checked(_assemble(lines))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise RecoveryError("The journal of an interrupted write is malformed") from error


def _assemble(lines: list[dict[str, Any]]) -> Journal:
    """Return the journal that whole lines describe."""
    head = lines[0]
    parts: list[dict[str, Any]] = [
        {"digest": "", **{key: [] for key in _LISTS}} for _ in range(head["stages"])
    ]
    for line in lines[1:-1]:
        part = parts[line["stage"]]
        part["digest"] = line.get("digest", part["digest"])
        for key in _LISTS:
            part[key] += line.get(key, ())
    return Journal(
        name=head["name"],
        before=head["before"],
        stages=tuple(_stage(part) for part in parts),
        backup=head["backup"],
        rename=bool(head["rename"]),
        weak=bool(head["weak"]),
        made_root=bool(head["made_root"]),
        started=str(head["started"]),
        host=str(head["host"]),
        pid=int(head["pid"]),
    )


def _stage(part: dict[str, Any]) -> JournalStage:
    """Return one stage from its collected lines."""
    return JournalStage(
        digest=str(part["digest"]),
        copies=tuple((target, int(size)) for target, size in part["copies"]),
        links=tuple((source, target, int(size)) for source, target, size in part["links"]),
        removals=tuple(part["removals"]),
        folders=tuple(part["folders"]),
    )


def _checked(journal: Journal) -> Journal:
    """Return `journal` if none of its names leads out of the root: a medium may be hostile."""
    if not journal.stages:
        raise ValueError
    check_relative(journal.name)
    if journal.backup is not None:
        check_relative(journal.backup)
    for target, _ in journal.targets():
        check_relative(target)
    for stage in journal.stages:
        for source, _, _ in stage.links:
            check_relative(source)
        for path in (*stage.removals, *stage.folders):
            check_relative(path)
    return journal


def read_bytes(volume: Volume) -> bytes | None:
    """Return the content of the journal file, None if there is none."""
    try:
        descriptor = volume.open(JOURNAL_NAME)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LARGEST)


def strays(volume: Volume) -> list[str]:
    """Return names that a write keeps beside its journal and that are there now."""
    return sorted(name for name in volume.names() if _STRAY.fullmatch(name))


def remove_strays(volume: Volume) -> None:
    """Remove them; only where there is no journal any more."""
    for name in strays(volume):
        with contextlib.suppress(FileNotFoundError):
            volume.unlink(name)
