"""The question of a search: rows of an attribute and a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from dicomdir_studio.gui.panels.keywords import (
    AttributeCompleter,
    AttributeListCompleter,
    AttributesModel,
    keyword_of,
)
from dicomdir_studio.session.query import QueryError

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent


class KeywordEdit(QLineEdit):
    """A line for a keyword; the dictionary's completions are made on first focus.

    Parameters
    ----------
    attributes : AttributesModel
        The dictionary, shared by all lines of a panel.
    parent : QWidget, optional
        The Qt parent.
    several : bool, default False
        Whether several keywords parted by commas may be typed.
    """

    def __init__(
        self, attributes: AttributesModel, parent: QWidget | None = None, *, several: bool = False
    ) -> None:
        super().__init__(parent)
        self._attributes = attributes
        self.setToolTip(self.tr("A keyword, name or tag. The Down key lists all attributes."))
        self._completer_type = AttributeListCompleter if several else AttributeCompleter

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Make the completer when the line is first used."""
        if self.completer() is None:
            self.setCompleter(self._completer_type(self._attributes, self))
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Down list the attributes that fit what is typed, all of them if nothing is."""
        completer = self.completer()
        is_down = event.key() == Qt.Key.Key_Down and not event.modifiers()
        popup = completer.popup() if is_down else None
        if popup is None or popup.isVisible():
            super().keyPressEvent(event)
            return
        completer.setCompletionPrefix(completer.splitPath(self.text())[-1])
        completer.complete()


class QueryRow(QObject):
    """One condition: a keyword's line, a value's line and a button that takes the row away."""

    remove_requested = Signal(object)
    submitted = Signal()
    edited = Signal()

    def __init__(self, attributes: AttributesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.keyword = KeywordEdit(attributes, parent)
        self.keyword.setPlaceholderText("PatientName")
        self.value = QLineEdit(parent)
        self.value.setPlaceholderText(self.tr("any value, or doe*"))
        self.value.setToolTip(
            self.tr(
                "Upper and lower case are the same. * stands for any characters, ? for one: "
                "“doe*” finds Doe^Jane (PS3.4 C.2.2.2.4)."
            )
        )
        self.remove = QToolButton(parent)
        self.remove.setText("\N{MINUS SIGN}")
        self.remove.setAutoRaise(True)
        self.remove.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.remove.setToolTip(self.tr("Remove this condition"))
        self.remove.clicked.connect(self._ask_removal)
        for line in (self.keyword, self.value):
            line.returnPressed.connect(self.submitted)
            line.textEdited.connect(self.edited)

    def _ask_removal(self) -> None:
        self.remove_requested.emit(self)

    def name_row(self, number: int) -> None:
        """Tell assistive technology which row this is."""
        self.keyword.setAccessibleName(self.tr("Attribute of condition {0}").format(number))
        self.value.setAccessibleName(self.tr("Value of condition {0}").format(number))
        self.remove.setAccessibleName(self.tr("Remove condition {0}").format(number))

    def widgets(self) -> tuple[QWidget, QWidget, QWidget]:
        """Return the row's widgets from left to right."""
        return self.keyword, self.value, self.remove

    def is_blank(self) -> bool:
        """Return whether nothing has been typed."""
        return not self.keyword.text().strip() and not self.value.text().strip()


class QueryEditor(QWidget):
    """Rows of conditions that must all hold.

    Attributes
    ----------
    submitted : Signal()
        Return was pressed in a row.
    add_button : QPushButton
        Adds a row; placed by whoever shows the editor.
    edited : Signal()
        The user typed.
    """

    submitted = Signal()
    edited = Signal()

    def __init__(self, attributes: AttributesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attributes = attributes
        self.rows: list[QueryRow] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 5)
        self._grid.setColumnStretch(3, 6)
        self._is_flat = False
        self._keyword_label = QLabel(self.tr("Attri&bute"), self)
        self._value_label = QLabel(self.tr("Va&lue"), self)
        self._place_labels()
        self.add_button = QPushButton(self.tr("Add c&ondition"), parent or self)
        self.add_button.clicked.connect(self._add_and_focus)
        self.add_button.setAutoDefault(False)
        self.setLayout(self._grid)
        self.add_row()

    def set_flat(self, flat: bool) -> None:
        """Put the headings beside the first row where height is scarce, else above it."""
        if flat != self._is_flat:
            self._is_flat = flat
            self._place_labels()

    def least_height(self) -> int:
        """Return how high the first row is, with what is above it."""
        row = self.rows[0].keyword.sizeHint().height()
        above = self._keyword_label.sizeHint().height() + self._grid.verticalSpacing()
        return row if self._is_flat else row + above

    def _place_labels(self) -> None:
        """Put the headings into the grid."""
        place = ((1, 0), (1, 2)) if self._is_flat else ((0, 1), (0, 3))
        self._grid.addWidget(self._keyword_label, *place[0])
        self._grid.addWidget(self._value_label, *place[1])

    def add_row(self, keyword: str = "", value: str = "") -> QueryRow:
        """Add a condition below the others."""
        row = QueryRow(self._attributes, self)
        row.keyword.setText(keyword)
        row.value.setText(value)
        row.remove_requested.connect(self.remove_row)
        row.submitted.connect(self.submitted)
        row.edited.connect(self.edited)
        self.rows.append(row)
        self._arrange()
        return row

    def _add_and_focus(self) -> None:
        self.add_row().keyword.setFocus()

    def remove_row(self, row: QueryRow) -> None:
        """Take a condition away; the last one is emptied instead."""
        if len(self.rows) == 1:
            row.keyword.clear()
            row.value.clear()
            row.keyword.setFocus()
        else:
            place = self.rows.index(row)
            self.rows.remove(row)
            for widget in row.widgets():
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
            row.deleteLater()
            self._arrange()
            self.rows[min(place, len(self.rows) - 1)].keyword.setFocus()
        self.edited.emit()

    def set_query(self, query: dict[str, str]) -> None:
        """Show these conditions instead of the present ones."""
        while len(self.rows) > 1:
            self.remove_row(self.rows[-1])
        first = self.rows[0]
        first.keyword.clear()
        first.value.clear()
        for place, (keyword, value) in enumerate(query.items()):
            row = first if place == 0 else self.add_row()
            row.keyword.setText(keyword)
            row.value.setText(value)

    def query(self) -> dict[str, str]:
        """Return the conditions as keyword and typed value; blank rows are left out.

        Raises
        ------
        QueryError
            If a row cannot be searched for; the cursor is put there.
        """
        conditions: dict[str, str] = {}
        for row in self.rows:
            if row.is_blank():
                continue
            try:
                keyword = self._keyword_of(row)
                if keyword in conditions:
                    raise QueryError(self.tr("{0} is given twice").format(keyword))
            except QueryError:
                row.keyword.setFocus()
                raise
            row.keyword.setText(keyword)
            conditions[keyword] = row.value.text()
        return conditions

    def _keyword_of(self, row: QueryRow) -> str:
        typed = row.keyword.text().strip()
        if not typed:
            raise QueryError(self.tr("A value lacks its attribute"), remedy=self.tr("Enter one"))
        return keyword_of(typed)

    def _arrange(self) -> None:
        """Put the rows' widgets into the grid and into the tab order."""
        before: QWidget | None = None
        for number, row in enumerate(self.rows, start=1):
            row.name_row(number)
            for column, widget in zip((1, 3, 4), row.widgets(), strict=True):
                self._grid.addWidget(widget, number, column)
                if before is not None:
                    QWidget.setTabOrder(before, widget)
                before = widget
        if before is not None:
            QWidget.setTabOrder(before, self.add_button)
        self._keyword_label.setBuddy(self.rows[0].keyword)
        self._value_label.setBuddy(self.rows[0].value)
