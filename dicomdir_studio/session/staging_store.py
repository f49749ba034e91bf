"""Staged work that survives a crash: kept outside the medium, offered again at the next start.

The medium itself is never touched before a write; what a person staged is a list of
paths, File IDs and properties, and that is what is kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from dicomdir_studio.errors import FileSetError, StorageError, StudioError
from dicomdir_studio.session import places
from dicomdir_studio.session.adding import Addition, add_sources
from dicomdir_studio.session.export import file_id_of
from dicomdir_studio.session.safe_files import read_json_object, set_aside, write_text_safely
from dicomdir_studio.session.sources import Skipped

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset import FileInstance, FileSet
    from dicomdir_studio.monitor import Monitor

_log = logging.getLogger(__name__)

_VERSION: Final = 1


@dataclass(frozen=True)
class StagedWork:
    """What is staged in one File-set, as plain data.

    Attributes
    ----------
    root : str
        The File-set's folder; empty for a new one that has none yet.
    uid : str
        Its File-set UID, which tells new ones apart.
    additions : list of str
        Paths of the files staged for addition.
    removals : list of list of str
        File ID (with slashes) and SOP Instance UID of each staged removal.
    properties : dict of str
        The staged properties by their names in `FileSet.edit_properties`.
    saved : float
        When, in seconds since the epoch.
    """

    root: str
    uid: str
    additions: list[str] = field(default_factory=list)
    removals: list[list[str]] = field(default_factory=list)
    properties: dict[str, str | None] = field(default_factory=dict)
    saved: float = 0.0

    @classmethod
    def of(cls, file_set: FileSet) -> Self:
        """Return what is staged in `file_set` now; call it where no job runs on it."""
        return cls(
            root=_root_of(file_set),
            uid=str(file_set.UID),
            additions=[str(one.path) for one in file_set.staged_additions if one.path],
            removals=[_identity(one) for one in file_set.staged_removals],
            properties={name: new for name, (_old, new) in file_set.staged_properties.items()},
            saved=time.time(),
        )

    @property
    def is_empty(self) -> bool:
        """Return True if nothing is staged."""
        return not (self.additions or self.removals or self.properties)

    @property
    def key(self) -> str:
        """Return what the File-set is known by: its folder, or its UID while it has none."""
        return os.path.normcase(self.root) if self.root else f"new {self.uid}"


@dataclass
class Restored:
    """What came of restoring staged work.

    Attributes
    ----------
    addition : Addition
        What was added, and the files that could not be.
    removals : int
        How many instances are staged for removal again.
    lost : list of Skipped
        Removals and properties that no longer apply, each with its reason.
    """

    addition: Addition | None = None
    removals: int = 0
    lost: list[Skipped] = field(default_factory=list)


class StagingStore:
    """Keeps the staged work of each File-set in a file of its own.

    Parameters
    ----------
    folder : Path, optional
        Default the folder ``staged`` in the system's place for a program's data.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or places.data_dir() / "staged"

    def save(self, work: StagedWork) -> bool:
        """Keep `work`, or forget the File-set's if nothing is staged; False if it cannot be kept.

        May run in a thread of its own: it is given plain data.
        """
        if work.is_empty:
            self.forget(work)
            return True
        try:
            text = json.dumps({"version": _VERSION, **asdict(work)}, ensure_ascii=False)
            write_text_safely(self._place(work), text)
        except (StorageError, UnicodeEncodeError) as error:
            _log.warning("Staged work is not kept: %s", error)
            return False
        return True

    def forget(self, work: StagedWork) -> None:
        """Drop what is kept for the File-set of `work`: it was written or discarded."""
        try:
            self._place(work).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("Staged work is not forgotten: %s", error)

    def pending(self) -> list[StagedWork]:
        """Return all that is kept, latest first; a broken file is set aside."""
        found = []
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []:
            try:
                stored = read_json_object(path)
                if stored is not None:
                    found.append(_parsed(stored))
            except (ValueError, TypeError, KeyError) as error:
                _log.warning("Staged work is not usable (%s), kept as %s", error, set_aside(path))
            except OSError as error:
                _log.warning("Staged work cannot be read: %s", error)
        return sorted(found, key=lambda work: -work.saved)

    def of_root(self, root: str | os.PathLike[str]) -> StagedWork | None:
        """Return what is kept for the File-set in the folder `root`, None if nothing is."""
        wanted = os.path.normcase(os.path.abspath(root))  # noqa: PTH100 - as engine spells it
        return next((work for work in self.pending() if work.root and work.key == wanted), None)

    def _place(self, work: StagedWork) -> Path:
        """Return the file for the File-set of `work`."""
        name = hashlib.sha256(work.key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / f"{name}.json"


def restore(file_set: FileSet, work: StagedWork, *, monitor: Monitor | None = None) -> Restored:
    """Stage `work` in `file_set` again, as far as it still applies.

    Each of properties, removals and additions is one undoable edit.

    Raises
    ------
    OperationCancelledError
        If the monitor says so; what was staged by then can be undone.
    """
    done = Restored()
    if work.properties:
        try:
            file_set.edit_properties(**work.properties)
        except StudioError as error:
            done.lost.append(Skipped("File-set properties", error))
    by_identity = {tuple(_identity(one)): one for one in file_set} if work.removals else {}
    removed = []
    for file_id, uid in work.removals:
        instance = by_identity.get((file_id, uid))
        if instance is None:
            gone = FileSetError("The instance is not in the File-set any more", where=file_id)
            done.lost.append(Skipped(file_id, gone))
        else:
            removed.append(instance)
    if removed:
        file_set.stage_removal(removed)
    done.removals = len(removed)
    if work.additions:
        done.addition = add_sources(file_set, work.additions, monitor=monitor)
    return done


def _root_of(file_set: FileSet) -> str:
    """Return the File-set's folder as an absolute path, empty if it has none."""
    return os.path.abspath(file_set.path) if file_set.path else ""  # noqa: PTH100


def _identity(instance: FileInstance) -> list[str]:
    """Return what tells one recorded instance from all others."""
    return [file_id_of(instance) or "", str(instance.SOPInstanceUID)]


def _parsed(stored: dict[str, Any]) -> StagedWork:
    """Return the work in `stored`; ValueError, TypeError or KeyError if it is none."""
    if stored.pop("version", None) != _VERSION:
        message = "another version"
        raise ValueError(message)
    fits = (
        isinstance(stored["root"], str)
        and isinstance(stored["properties"], dict)
        and all(isinstance(path, str) for path in stored["additions"])
        and all(
            isinstance(file_id, str) and isinstance(uid, str) for file_id, uid in stored["removals"]
        )
    )
    if not fits:
        message = "other values than expected"
        raise ValueError(message)
    return StagedWork(**stored)
