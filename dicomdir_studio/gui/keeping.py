"""Keeps what is staged outside the medium as it happens, and offers what a crash left."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QObject, QTimer, Signal

from dicomdir_studio.gui import wording
from dicomdir_studio.session.staged_work import StagedWork, root_of
from dicomdir_studio.session.written import forget_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import Conflict, FileSet
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.staging_store import StagingStore

_MOMENT_MS = 150


@dataclass
class _Kept:
    """What is known of the staged work of one document.

    `offered` is what an earlier run left, until the user has said what becomes of it.
    """

    offered: StagedWork | None = None
    keys: set[str] = field(default_factory=set)
    is_wanted: bool = False
    is_saving: bool = False
    is_closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Keeping(QObject):
    """Saves the staged work of every document in jobs of its own.

    Parameters
    ----------
    poller : JobPoller
        Runs the jobs.
    store : StagingStore
        Where the work is kept.
    parent : QObject
        The Qt parent.

    Attributes
    ----------
    written_found : Signal(str)
        The folder of a new File-set whose write had come to its end when the program was killed.
    """

    written_found = Signal(str)

    def __init__(self, poller: JobPoller, store: StagingStore, parent: QObject) -> None:
        super().__init__(parent)
        self._poller = poller
        self._store = store
        self._kept: dict[Document, _Kept] = {}
        self._agreed: set[str] = set()

    @property
    def is_saving(self) -> bool:
        """Whether something that was staged is not kept yet."""
        return any(kept.is_wanted or kept.is_saving for kept in self._kept.values())

    def watch(self, document: Document) -> None:
        """Keep what is staged in a document from now on."""
        self._kept[document] = _Kept()
        document.about_to_write = partial(self._note_target, document)
        document.edited.connect(partial(self._save, document))
        document.loaded.connect(partial(self._look, document))

    def _note_target(self, document: Document, root: str) -> None:
        """Keep where a new File-set is about to be written; a job's work."""
        file_set = document.file_set
        if file_set is not None and not root_of(file_set):
            self._store.note_target(StagedWork("", str(file_set.UID)).key, root)

    def close(self, document: Document) -> None:
        """Forget what was staged: it was written or discarded. An offer waits for another time."""
        kept = self._kept.pop(document, None)
        if kept is None:
            return
        kept.is_closed = True
        # Saving much takes seconds: then whoever saves settles it at the end.
        if kept.lock.acquire(blocking=False):
            try:
                self._settle(kept)
            finally:
                kept.lock.release()

    def _settle_closed(self, kept: _Kept) -> None:
        """Settle what was closed while it was being saved."""
        with kept.lock:
            if kept.is_closed:
                self._settle(kept)

    def _settle(self, kept: _Kept) -> None:
        """Forget what was kept of a File-set that is closed, but not what is still offered."""
        for key in kept.keys:
            self._store.forget(key)
        if kept.offered is not None:
            self._store.save(kept.offered)

    def end(self) -> None:
        """Leave what is left to the next run."""
        self._store.close()

    def pending(self, done: Callable[[list[StagedWork]], object]) -> None:
        """Look for what earlier runs left and call `done` with it.

        What they had written after all is forgotten; `written_found` tells where it is.
        """
        store = self._store

        def look(monitor: Monitor) -> tuple[list[str], list[StagedWork]]:
            return forget_written(store, monitor=monitor), store.pending()

        def tell(found: tuple[list[str], list[StagedWork]]) -> None:
            written, works = found
            for root in written:
                self.written_found.emit(root)
            done(works)

        self._poller.submit(
            "Looking for staged work",
            look,
            on_done=tell,
            owner=self,
            quiet=True,
        )

    def clear_leftovers(self) -> None:
        """Clear away what runs that were killed had unpacked, beside the window."""
        store = self._store
        self._poller.submit(
            "Clearing up",
            lambda _monitor: store.clear_leftovers(),
            on_failed=lambda _error: None,
            owner=self,
            quiet=True,
        )

    # What is staged now ---------------------------------------------------------------------

    def _save(self, document: Document) -> None:
        """Save what is staged in a moment, when the window has shown it."""
        kept = self._kept.get(document)
        if kept is not None and not kept.is_wanted:
            kept.is_wanted = True
            QTimer.singleShot(_MOMENT_MS, document, lambda: self._save_now(document))

    def _save_now(self, document: Document) -> None:
        """Save what is staged, after the save that is under way."""
        kept, file_set = self._kept.get(document), document.file_set
        if kept is None or file_set is None or kept.is_saving:
            return
        kept.is_wanted, kept.is_saving = False, True
        doubts = document.undecided.known(file_set)
        home = "" if document.home is None else str(document.home)
        self._poller.submit(
            "Keeping what is staged",
            lambda _monitor: self._put(kept, file_set, home, *doubts),
            on_done=lambda _none: self._saved(document, kept),
            on_failed=lambda _error: self._saved(document, kept),
            owner=document,
            quiet=True,
        )

    def _put(
        self,
        kept: _Kept,
        file_set: FileSet,
        home: str,
        decided: list[Conflict],
        undecided: list[Conflict],
    ) -> None:
        """Put what is staged into the store, and what is still offered with it; a job's work."""
        work = replace(StagedWork.of(file_set).knowing(decided, undecided), home=home)
        if kept.offered is not None:
            work = kept.offered.with_(work)
        with kept.lock:
            if not kept.is_closed:
                for key in kept.keys - {work.key}:
                    self._store.forget(key)
                self._store.save(work)
                kept.keys = {work.key}
        self._settle_closed(kept)
        work.let_go()

    def _saved(self, document: Document, kept: _Kept) -> None:
        """Save again if something was staged in between."""
        kept.is_saving = False
        if kept.is_wanted and not kept.is_closed:
            self._save_now(document)

    # What an earlier run left -----------------------------------------------------------------

    def _look(self, document: Document) -> None:
        """Look whether an earlier run left something for a File-set that was opened."""
        file_set, store = document.file_set, self._store
        root = None if file_set is None else root_of(file_set)
        if file_set is None or not root:
            return

        def look() -> StagedWork | None:
            work = store.of_root(root)
            if work is None:
                return None
            left = work.left_to_do(file_set)
            if left.is_empty:
                store.forget(work.key)
            return None if left.is_empty else left

        self._poller.submit(
            "Looking for staged work",
            lambda _monitor: look(),
            on_done=lambda work: None if work is None else self.offer(document, work),
            owner=document,
            quiet=True,
        )

    def agree(self, work: StagedWork) -> None:
        """Stage again what an earlier run left as soon as its File-set is open."""
        self._agreed.add(work.key)

    def offer(self, document: Document, work: StagedWork) -> None:
        """Offer to stage again what an earlier run left."""
        kept = self._kept.get(document)
        if kept is None:
            return
        if work.key in self._agreed and document.can_edit:
            self._agreed.remove(work.key)
            self.accept(document, work)
            return
        kept.offered = work
        kept.keys.add(work.key)
        told, again = (
            self.tr("Not decided when the program ended ({0}): {1}."),
            self.tr("Ask again"),
        )
        if work.stages:
            told = self.tr("Not written when the program ended ({0}): {1}.")
            again = self.tr("Stage it again")
        document.offer.say(
            told.format(time_of(work), summary_of(work)),
            tone="warning",
            action=again,
            call=lambda: self.accept(document, work),
            other=self.tr("Discard it"),
            call_other=lambda: self._decline(document),
        )

    def accept(self, document: Document, work: StagedWork) -> None:
        """Stage again what an earlier run left."""
        kept = self._kept.get(document)
        if kept is None:
            return
        if not document.can_edit:
            self.offer(document, work)
            return
        kept.offered = None
        kept.keys.add(work.key)
        if work.home:
            document.home = Path(work.home)
        document.restore_work(work, lambda: self.offer(document, work))

    def _decline(self, document: Document) -> None:
        """Forget what an earlier run left."""
        kept = self._kept.get(document)
        if kept is not None:
            kept.offered = None
            self._save(document)

    def drop(self, work: StagedWork) -> None:
        """Forget what an earlier run left for a File-set that is not open."""
        self._store.forget(work.key)


def summary_of(work: StagedWork) -> str:
    """Return what is staged, or to be decided, in words: "3 additions, 1 removal"."""
    tr = wording.tr
    counts = (
        (len(work.additions), tr("addition"), tr("additions")),
        (len(work.removals), tr("removal"), tr("removals")),
        (len(work.properties), tr("property"), tr("properties")),
        (len(work.records), tr("changed record"), tr("changed records")),
        (len(work.disputed), tr("conflict"), tr("conflicts")),
    )
    return ", ".join(wording.counted(*count) for count in counts if count[0])


def time_of(work: StagedWork) -> str:
    """Return when the work was kept last, written as the dates of records are."""
    return QDateTime.fromSecsSinceEpoch(round(work.saved)).toString("yyyy-MM-dd HH:mm")
