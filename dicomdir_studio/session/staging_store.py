"""Staged work that survives a crash: kept outside the medium, offered again at the next start.

The medium itself is never touched before a write; what the user staged is a list of
paths, File IDs and properties, and that is what is kept: one JSON value a line, so
that a hundred thousand of them never hold up the threads beside.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.courtesy import let_go
from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import History, KnownInstance, Step
from dicomdir_studio.fileset.rewriting import RewrittenRecord
from dicomdir_studio.rereading import reread
from dicomdir_studio.session import places
from dicomdir_studio.session.decided import Decided
from dicomdir_studio.session.program_run import RUN_ENDING, ProgramRun
from dicomdir_studio.session.safe_files import set_aside, write_text_safely
from dicomdir_studio.session.staged_work import StagedAddition, StagedWork, politely
from dicomdir_studio.storage.scratch import clear_dead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)

_VERSION: Final = 2
_ENDING: Final = ".staged"
_TARGET: Final = ".target"
_ADDED, _REMOVED, _PROPERTY, _REWRITTEN = "+", "-", "=", "~"
_KNOWN, _STEP, _UNDONE = "known", "edit", "undone"
_DECIDED, _DISPUTED = "decided", "disputed"


class StagingStore:
    """Keeps the staged work of each File-set in a file of its own.

    Parameters
    ----------
    folder : Path, optional
        Default the folder ``staged`` in the system's place for a program's data.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or places.data_dir() / "staged"
        self._run = ProgramRun(self._folder)
        self._lock = threading.Lock()

    def save(self, work: StagedWork, *, is_left: bool = False) -> bool:
        """Keep `work`, or forget the File-set's if nothing is staged; False if it cannot be kept.

        May run in a thread of its own: it is given plain data. With `is_left` it is offered
        in this run already, as what another one left.
        """
        if work.is_empty:
            self.forget(work.key)
            return True
        try:
            lines = _lines(work, "" if is_left else self._run.name)
            with self._lock:
                self._run.begin()
                write_text_safely(self._place(work.key), *lines)
            let_go(lines)
        except (StorageError, UnicodeEncodeError) as error:
            _log.warning("Staged work is not kept: %s", error)
            return False
        return True

    def forget(self, key: str) -> None:
        """Drop what is kept for the File-set known by `key`: it was written or discarded."""
        try:
            with self._lock:
                self._place(key).unlink(missing_ok=True)
                self._target(key).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("Staged work is not forgotten: %s", error)

    def note_target(self, key: str, root: str | os.PathLike[str]) -> None:
        """Keep where a new File-set is about to be written; may run in a thread of its own."""
        try:
            with self._lock:
                write_text_safely(self._target(key), json.dumps(os.path.abspath(root)))
        except (StorageError, UnicodeEncodeError) as error:
            _log.warning("The target of a write is not kept: %s", error)

    def target_of(self, key: str) -> str:
        """Return where a new File-set was about to be written last; empty if that is not known."""
        try:
            target = json.loads(self._target(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return target if isinstance(target, str) else ""

    def pending(self) -> list[StagedWork]:
        """Return what runs that have ended left, latest first; a broken file is set aside."""
        found = (self._read(path) for path in sorted(self._folder.glob(f"*{_ENDING}")))
        return sorted((work for work in found if work is not None), key=lambda work: -work.saved)

    def of_root(self, root: str | os.PathLike[str]) -> StagedWork | None:
        """Return what a run that has ended left for the File-set in the folder `root`, or None."""
        absolute = os.path.abspath(root)  # as the engine spells it
        return self._read(self._place(StagedWork(absolute, "").key))

    def clear_leftovers(self) -> list[str]:
        """Clear away what runs that were killed had unpacked, and return what is gone.

        A folder that any kept work names stays, whoever keeps it and however broken it is:
        its files may be staged. Where the work cannot be read, nothing goes.
        """
        try:
            kept = [one.read_bytes() for one in self._folder.iterdir() if one.suffix != RUN_ENDING]
        except FileNotFoundError:
            kept = []
        except OSError as error:
            _log.warning("Temporary folders are not cleared away: %s", error)
            return []
        cleared = clear_dead(lambda name: any(name.encode() in one for one in kept))
        for folder in cleared:
            _log.info("Cleared away what a run that ended had unpacked: %s", folder)
        return cleared

    def close(self) -> None:
        """Let other runs have what is left from now on: the program ends."""
        self._run.end()

    def _read(self, path: Path) -> StagedWork | None:
        """Return the work in a file; None if it is a living run's, broken, or not there."""
        try:
            lines = reread(lambda: path.read_text(encoding="utf-8")).splitlines()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            _log.warning("Staged work cannot be read: %s", error)
            return None
        try:
            work, run = _parsed(lines)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            _log.warning("Staged work is not usable (%s), kept as %s", error, set_aside(path))
            return None
        return None if run == self._run.name or self._run.is_other(run) else work

    def _place(self, key: str) -> Path:
        """Return the file for the File-set known by `key`."""
        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / f"{name}{_ENDING}"

    def _target(self, key: str) -> Path:
        """Return the file for where a File-set is written."""
        return self._place(key).with_suffix(_TARGET)


def _lines(work: StagedWork, run: str) -> list[str]:
    """Return the lines of a file that keeps `work`."""
    head = {
        "version": _VERSION, "run": run, "root": work.root, "uid": work.uid, "saved": work.saved,
        "home": work.home,
    }  # fmt: skip
    return [_line(value) for value in politely(_values(work, head))]


def _values(work: StagedWork, head: dict[str, object]) -> Iterator[object]:
    """Yield what the lines of a file that keeps `work` hold."""
    yield head
    yield from ([_ADDED, *addition] for addition in work.additions)
    yield from ([_REMOVED, *removal] for removal in work.removals)
    yield from ([_PROPERTY, name, value] for name, value in work.properties.items())
    yield from ([_REWRITTEN, *record] for record in work.records)
    yield from ([_DECIDED, *one[:4], sorted(one.files)] for one in work.decided)
    yield from ([_DISPUTED, path] for path in work.disputed)
    if work.history is not None:
        yield from ([_KNOWN, *known] for known in work.history.instances)
        yield from ([_STEP, *step] for step in work.history.steps)
        yield [_UNDONE, work.history.undone]


def _line(value: object) -> str:
    """Return one line; a path that is no text in UTF-8 is written in escapes."""
    line = json.dumps(value, ensure_ascii=False)
    if not line.isascii():
        try:
            line.encode("utf-8")
        except UnicodeEncodeError:
            line = json.dumps(value)
    return f"{line}\n"


def _parsed(lines: list[str]) -> tuple[StagedWork, str]:
    """Return work and run of a file; ValueError, TypeError, KeyError or IndexError if broken."""
    head = json.loads(lines[0])
    if head["version"] != _VERSION:
        message = "another version"
        raise ValueError(message)
    root, uid, home = map(_text, (head["root"], head["uid"], head.get("home", "")))
    work = StagedWork(root, uid, saved=float(head["saved"]), home=home)
    history = History([], [], -1)
    for line in lines[1:]:
        kind, *values = json.loads(line)
        if kind == _UNDONE:
            history = history._replace(undone=int(values[0]))
        elif not (_take(work, kind, values) or _take_history(history, kind, values)):
            message = "a line of an unknown kind"
            raise ValueError(message)
    if history.undone >= 0:
        work = replace(work, history=history)
    return work, _text(head["run"])


def _take(work: StagedWork, kind: str, values: list[Any]) -> bool:
    """Take a line of what is staged; False if it is of another kind."""
    if kind == _ADDED:
        path, uid, record, *above = values
        keys = tuple(_text(key) for key in (above[0] if above else ()))
        work.additions.append(StagedAddition(_text(path), _text(uid), _text(record), keys))
    elif kind == _REMOVED:
        file_id, uid = values
        work.removals.append((_text(file_id), _text(uid)))
    elif kind == _PROPERTY:
        name, value = values
        work.properties[_text(name)] = value
    elif kind == _REWRITTEN:
        before, after, recipes = values
        steps = tuple(_text(recipe) for recipe in recipes)
        work.records.append(RewrittenRecord(_text(before), _text(after), steps))
    elif kind == _DECIDED:
        what, key, there, came, files = values
        texts = (_text(what), _text(key), _text(there), _text(came))
        work.decided.append(Decided(*texts, frozenset(map(_text, files))))
    elif kind == _DISPUTED:
        work.disputed.append(_text(values[0]))
    else:
        return False
    return True


def _take_history(history: History, kind: str, values: list[Any]) -> bool:
    """Take a line of how it was staged; False if it is of another kind."""
    if kind == _KNOWN:
        *texts, above = values
        path, uid, file_id, record = map(_text, texts)
        history.instances.append(KnownInstance(path, uid, file_id, record, tuple(above)))
    elif kind == _STEP:
        text, attached, detached, removed, restored, found, lost, properties, rewritten = values
        history.steps.append(
            Step(
                _text(text),
                tuple(map(int, attached)),
                tuple(map(int, detached)),
                tuple(map(int, removed)),
                tuple(map(int, restored)),
                tuple((int(place), _text(path)) for place, path in found),
                tuple((int(place), _text(path)) for place, path in lost),
                {_text(name): (old, new) for name, (old, new) in properties.items()},
                tuple((_text(before), _text(recipe)) for before, recipe in rewritten),
            )
        )
    else:
        return False
    return True


def _text(value: object) -> str:
    """Return a value that has to be text."""
    if not isinstance(value, str):
        message = "another value than expected"
        raise TypeError(message)
    return value
