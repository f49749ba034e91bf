"""The parts of the left side: a heading, what is chosen, and what stands in the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui.panels.notes import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_TOLD = 5


class Section(QWidget):
    """A heading with its choices; what stands in the way is told below them.

    Parameters
    ----------
    title : str
        The heading.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    changed : Signal()
        Something was chosen.
    note, problem : Note
        What is to be known, and what stands in the way.
    """

    changed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.labels: list[QLabel] = []
        self.heading = QLabel(title, self)
        font = QFont(self.heading.font())
        font.setBold(True)
        self.heading.setFont(font)
        self.inside = QVBoxLayout()
        self.inside.setSpacing(6)
        self.note = Note(self)
        self.note.setProperty("muted", True)
        self.problem = Note(self)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.heading)
        layout.addLayout(self.inside)
        layout.addWidget(self.note)
        layout.addWidget(self.problem)

    def after(self, widget: QWidget) -> None:
        """Put a widget below what is told."""
        line = QHBoxLayout()
        line.addWidget(widget)
        line.addStretch()
        self._layout.addLayout(line)

    def tell(self, problems: list[str], details: Sequence[str] = ()) -> None:
        """Say what stands in the way of what is chosen here, the first few of many.

        Parameters
        ----------
        problems : list of str
            What is said, a line each.
        details : sequence of str, optional
            What is said on demand, where the mouse rests and to a screen reader.
        """
        more = len(problems) - _MOST_TOLD
        told = problems[:_MOST_TOLD] if more > 1 else problems
        rest = [self.tr("… and {0} more").format(more)] if more > 1 else []
        self.problem.complain(*told, *rest)
        self.problem.explain(details)

    def labelled(self, text: str, field: QWidget, *more: QWidget) -> QWidget:
        """Add a field with its label before it, and what belongs beside it."""
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        label = QLabel(text, row)
        label.setBuddy(field)
        self.labels.append(label)
        if not field.accessibleName():
            field.setAccessibleName(text.replace("&", ""))
        line.addWidget(label)
        line.addWidget(field, 1)
        for widget in more:
            line.addWidget(widget)
        self.inside.addWidget(row)
        return row

    def box(self, text: str, tip: str = "") -> QCheckBox:
        """Add a check box whose changes are signalled."""
        made = QCheckBox(text, self)
        made.setToolTip(tip)
        made.toggled.connect(lambda _on: self.changed.emit())
        self.inside.addWidget(made)
        return made

    def beside(self, *widgets: QWidget) -> QWidget:
        """Put widgets that were added before on one line."""
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(18)
        for widget in widgets:
            self.inside.removeWidget(widget)
            line.addWidget(widget)
        line.addStretch()
        self.inside.addWidget(row)
        return row

    def line(self, hint: str = "") -> QLineEdit:
        """Return a line edit whose changes are signalled."""
        made = QLineEdit(self)
        made.setPlaceholderText(hint)
        made.textChanged.connect(lambda _text: self.changed.emit())
        return made

    def button(self, text: str) -> QPushButton:
        """Return a button that Return does not press by itself."""
        made = QPushButton(text, self)
        made.setAutoDefault(False)
        return made
