"""Where the user is in a table, kept while other rows come into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel

from dicomdir_studio.gui.models.lazy import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QTreeView

    from dicomdir_studio.gui.models.lazy import LazyTableModel

_MOST_ROWS: Final = 5_000
_FLAGS: Final = QItemSelectionModel.SelectionFlag


def show_and_stay(view: QTreeView, model: LazyTableModel[Any], rows: Sequence[Any]) -> None:
    """Show other rows with the same ones selected, as far as they are there.

    The keyboard stays at its row; where that has gone, before the one that took its place,
    so that Down goes on with it. Beyond some thousand rows the table begins anew.

    Parameters
    ----------
    view : QTreeView
        Shows the model.
    model : LazyTableModel
        Gets the rows.
    rows : sequence
        The rows; those that were there are the same objects.
    """
    chooser, bar = view.selectionModel(), view.verticalScrollBar()
    place, top, shown = view.currentIndex().row(), bar.value(), model.rowCount()
    current = model.row(view.currentIndex())
    selected = [model.row(index) for index in chooser.selectedRows()[:_MOST_ROWS]]
    model.set_rows(rows)
    if place < 0 or shown > _MOST_ROWS:
        return
    while model.rowCount() < min(shown, len(rows)):
        model.fetchMore(ROOT)
    places = {id(one): number for number, one in enumerate(rows[: model.rowCount()])}
    last = model.columnCount() - 1
    for one in selected:
        number = places.get(id(one), -1)
        if number >= 0:
            range_ = QItemSelection(model.index(number, 0), model.index(number, last))
            chooser.select(range_, _FLAGS.Select)
    before = min(place - 1, len(rows) - 2)
    here = model.index(places.get(id(current), before), 0)
    bar.setValue(top)
    if here.isValid():
        chooser.setCurrentIndex(here, _FLAGS.NoUpdate)
        view.scrollTo(here)
