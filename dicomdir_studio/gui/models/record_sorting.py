"""The order of the rows below each record: the medium's, or that of a column."""

from __future__ import annotations

import time
from collections import deque
from contextlib import ExitStack
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.gui.models.columns import Column, sort_key
from dicomdir_studio.gui.models.slices import sorted_in_slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset import RecordNode
    from dicomdir_studio.gui.models.record_table import Row
    from dicomdir_studio.gui.models.records import RecordTreeModel

AT_ONCE = 400
SLICE_SECONDS = 0.006
FIRST_SLICE_SECONDS = 0.012


class Sorting(QObject):
    """Sorts the fetched parents of a model, long ones in slices between events.

    Parameters
    ----------
    model : RecordTreeModel
        Its rows are brought into order through `RecordTreeModel.synchronise`.

    Attributes
    ----------
    delayed : Signal()
        It takes more than a moment, and goes on between events.
    finished : Signal()
        Every fetched record's children are in order.
    """

    delayed = Signal()
    finished = Signal()

    def __init__(self, model: RecordTreeModel) -> None:
        super().__init__(model)
        self._model = model
        self.column: Column | None = None
        self.descending = False
        self._queue: deque[int] = deque()
        self._current: tuple[int, Iterator[list[RecordNode] | None]] | None = None
        self._pause = ExitStack()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next_slice)

    @property
    def is_running(self) -> bool:
        """Return whether rows are still being put in order."""
        return self._current is not None or bool(self._queue)

    def forget(self) -> None:
        """Stop what is under way; the column stays."""
        self._timer.stop()
        self._queue.clear()
        self._current = None
        self._pause.close()

    def sort(self, column: Column | None, order: Qt.SortOrder) -> None:
        """Order all fetched rows by `column`, or as they are on the medium for None."""
        self.forget()
        self.column = column
        self.descending = order == Qt.SortOrder.DescendingOrder
        self._queue.extend(
            number for number, row in self._model.rows().items() if row.children is not None
        )
        self._run(FIRST_SLICE_SECONDS)
        if self.is_running:
            self.delayed.emit()

    def order(self, number: int, row: Row) -> list[RecordNode]:
        """Return the children of a row in the order to show them now.

        A long list comes as it is, new records at its end, and is queued to be sorted.
        """
        if self._current is not None and self._current[0] == number:
            self._current = None  # what it sorts is no longer what is there
            self._pause.close()
        natural = _children(row)
        if self.column is None:
            return natural
        if len(natural) <= AT_ONCE:
            return sorted(natural, key=self._key, reverse=self.descending)
        if number not in self._queue:
            self._queue.append(number)
        self.run_soon()
        if row.children is None:
            return natural
        return self._as_shown(row, natural)

    def run_soon(self) -> None:
        """Go on with what is queued once the events at hand are done."""
        if self.is_running and not self._timer.isActive():
            self._timer.start(0)

    def finish(self) -> None:
        """Sort all that is queued now; for tests and for small sets."""
        self._run(float("inf"))

    def _as_shown(self, row: Row, natural: list[RecordNode]) -> list[RecordNode]:
        """Return the children in the order shown so far, what is new at the end."""
        there = {id(record) for record in natural}
        shown = [record for record in self._model.all_children(row) if id(record) in there]
        known = {id(record) for record in shown}
        return shown + [record for record in natural if id(record) not in known]

    def _key(self, record: RecordNode) -> tuple[object, ...]:
        """Return the sort key of a record for the column chosen."""
        column = self.column or Column.NAME
        size = self._model.known_size(record)
        return sort_key(record, column, size, descending=self.descending)

    def _next_slice(self) -> None:
        """Work for a few milliseconds."""
        self._run(SLICE_SECONDS)

    def _run(self, seconds: float) -> None:
        """Work until the time is up or nothing is left."""
        end = time.perf_counter() + seconds
        while self.is_running and time.perf_counter() < end:
            if self._current is None:
                self._start(self._queue.popleft())
                continue
            number, steps = self._current
            result = next(steps, None)
            if result is not None:
                self._current = None
                self._model.synchronise(number, result)
                del steps, result
                self._pause.close()
        if self.is_running:
            self._timer.start(0)
        else:
            self.finished.emit()

    def _start(self, number: int) -> None:
        """Begin with the children of one row, unless another change took it away."""
        row = self._model.rows().get(number)
        if row is None or row.children is None:
            return
        natural = _children(row)
        if self.column is None:
            self._model.synchronise(number, natural)
        else:
            self._pause.close()
            self._pause.enter_context(paused_collection())
            self._current = (
                number,
                sorted_in_slices(natural, self._key, reverse=self.descending),
            )


def _children(row: Row) -> list[RecordNode]:
    """Return the children of a row in the order of the medium."""
    return [] if row.record is None else list(row.record.children)
