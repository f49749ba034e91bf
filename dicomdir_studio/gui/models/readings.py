"""The ways in which the text of some records can be read, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, Qt

from dicomdir_studio.gui.models.lazy import ROOT, AnyIndex, LazyTableModel
from dicomdir_studio.gui.phrases import charset_text

if TYPE_CHECKING:
    from dicomdir_studio.fileset import TextGroup

READING = 0
_SAMPLES = 4


def _tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("readings", text)


class Shown(NamedTuple):
    """One way to read the text.

    Attributes
    ----------
    term : str
        The character set to be chosen, empty for the text as it is read now.
    label : str
        Its name for people.
    samples : tuple of str
        The same values in every row.
    """

    term: str
    label: str
    samples: tuple[str, ...]


class ReadingsModel(LazyTableModel[Shown]):
    """One row for each reading, with the same samples side by side in its columns."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._width = 0

    def show_group(self, group: TextGroup) -> None:
        """Show the readings of some records, first as they are read now."""
        now = _tr("Now ({0})").format(group.declared or _tr("none declared"))
        rows = [Shown("", now, group.samples)]
        rows += [
            Shown(one.term, charset_text(one.label, one.term), one.samples)
            for one in group.readings
        ]
        self.beginResetModel()
        self._width = min(_SAMPLES, len(group.samples))
        self._rows = rows
        self._shown = len(rows)
        self.endResetModel()

    def columnCount(self, parent: AnyIndex = ROOT) -> int:
        """Return the number of columns: the reading, and a few samples."""
        return 0 if parent.isValid() else 1 + self._width

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return _tr("Reading") if section == READING else _tr("Sample {0}").format(section)

    def cell(self, row: Shown, column: int, role: int) -> object:
        """Return a cell's text, as tool tip too."""
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        return row.label if column == READING else row.samples[column - 1]
