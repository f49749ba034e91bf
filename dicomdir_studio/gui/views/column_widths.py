"""How wide the columns of the records are, until the user sets a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from dicomdir_studio.gui.models.columns import Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QTreeView

_WIDTHS: Final = {
    Column.NAME: 320, Column.DATE: 100, Column.MODALITY: 88, Column.COUNT: 88, Column.SIZE: 84,
    Column.STATE: 170,
}  # fmt: skip
_BETWEEN: Final = (Column.DATE, Column.MODALITY, Column.COUNT, Column.SIZE)
_LITTLE_NAME, _LEAST_NAME, _LEAST_STATE = 190, 150, 115
_LONGEST: Final = {Column.DATE: "0000-00-00", Column.SIZE: "999.9 MB"}
_PAD = 10  # beside a text
_USUAL_HEIGHT = 18  # of a line in the font that the widths are for


def usual_widths(view: QTreeView) -> dict[Column, int]:
    """Return the widths that a user meets at first, for the size of the view's font."""
    widths = {column: _scaled(view, width) for column, width in _WIDTHS.items()}
    return {column: max(width, _needed(view, column)) for column, width in widths.items()}


def fitting_widths(view: QTreeView) -> dict[Column, int]:
    """Return widths for the room that the view has.

    Where there is no room for all, the columns between name and state are as narrow as their
    headings, so that the state, which matters most, is the last to go out of sight.
    """
    room = view.viewport().width()
    usual = usual_widths(view)
    between = {column: usual[column] for column in _BETWEEN}
    state = usual[Column.STATE]
    if room - sum(between.values()) - state < _LITTLE_NAME:
        between = {column: _least(view, column) for column in _BETWEEN}
        state = _scaled(view, _LEAST_STATE)
    rest = room - sum(between.values())
    name = max(_LEAST_NAME, rest - state)
    return {Column.NAME: name, **between, Column.STATE: max(state, rest - name)}


def _least(view: QTreeView, column: Column) -> int:
    """Return the width of a heading, and of what must not be cut below it.

    The width that Qt asks for has room for an arrow beside the heading; ours is above it.
    """
    heading = str(view.model().headerData(column, Qt.Orientation.Horizontal))
    width = view.header().fontMetrics().horizontalAdvance(heading) + 2 * _PAD
    return max(width, _needed(view, column))


def _needed(view: QTreeView, column: Column) -> int:
    """Return the width of the longest text of a column, if it has one."""
    text = _LONGEST.get(column)
    return view.fontMetrics().horizontalAdvance(text) + 2 * _PAD if text else 0


def _scaled(view: QTreeView, width: int) -> int:
    """Return a width for the size of the font that the user has chosen."""
    return round(width * max(1.0, view.fontMetrics().height() / _USUAL_HEIGHT))
