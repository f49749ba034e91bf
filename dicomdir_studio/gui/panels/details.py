"""The elements of the record that is selected in the tree, and where its file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import describe
from dicomdir_studio.gui.models.elements import VALUE, ElementsModel
from dicomdir_studio.gui.models.instances import instance_file_id, instance_title
from dicomdir_studio.gui.models.states import instance_state
from dicomdir_studio.gui.panels.notes import EmptyState
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.phrases import in_one_line

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from dicomdir_studio.fileset import RecordNode

_SPACE = 8


class CopyableText(QWidget):
    """A line of text that may be longer than its place, with a button that copies it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setAccessibleName(name)
        self.copy_button = QToolButton(self)
        self.copy_button.setText(self.tr("Copy"))
        self.copy_button.setAutoRaise(True)
        self.copy_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.copy_button.setAccessibleName(self.tr("Copy {0}").format(name))
        self.copy_button.clicked.connect(self._copy)
        self._copied = self._shown = ""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACE)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.copy_button)

    def show_text(self, text: str, empty: str) -> None:
        """Show a text, or what stands for its absence."""
        self._copied = text
        self._shown = text or empty
        self.label.setToolTip(text)
        self.copy_button.setEnabled(bool(text))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the middle of what has no room, since names end in what tells them apart."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.width() - self.copy_button.sizeHint().width() - _SPACE
        metrics = self.label.fontMetrics()
        self.label.setText(metrics.elidedText(self._shown, Qt.TextElideMode.ElideMiddle, room))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._copied)


class DetailsPanel(QWidget):
    """One directory record: its type and state, File ID, path and elements."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ElementsModel(self)
        # Before the view, since Tab goes in the order in which they are made.
        self.file_id = CopyableText(self.tr("File ID"), self)
        self.path = CopyableText(self.tr("Path"), self)
        self.view = table_view(
            self.model, self.tr("Elements of the directory record"), self, paths=(VALUE,)
        )
        set_widths(self.view, (12, 20, 2, 8))
        self._title = QLabel(self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._state = QLabel(self)
        self._empty = EmptyState(self)
        self.record: RecordNode | None = None
        self._selected = 1
        self._build()
        self.show_record(None)

    def _build(self) -> None:
        heading = QHBoxLayout()
        heading.addWidget(self._title, 1)
        heading.addWidget(self._state)
        self._file_lines = QWidget(self)
        lines = QGridLayout(self._file_lines)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setHorizontalSpacing(12)
        lines.setVerticalSpacing(0)
        lines.setColumnStretch(1, 1)
        for row, (name, text) in enumerate(
            ((self.tr("File ID"), self.file_id), (self.tr("Path"), self.path))
        ):
            lines.addWidget(QLabel(name, self), row, 0)
            lines.addWidget(text, row, 1)
        head = QVBoxLayout()
        head.setContentsMargins(8, 8, 8, 2)
        head.setSpacing(2)
        head.addLayout(heading)
        head.addWidget(self._file_lines)
        shown = QWidget(self)
        layout = QVBoxLayout(shown)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(shown)

    def show_record(
        self, record: RecordNode | None, *, is_opening: bool = False, selected: int = 1
    ) -> None:
        """Show a directory record of the tree, or that none is selected or can be shown yet.

        Of several that are selected it is the one that the keyboard is at.
        """
        self.record = record
        self._selected = selected
        if record is None or record.is_root:
            self.model.show_dataset(None)
            self._empty.setText(self._empty_text(is_opening=is_opening))
            self._stack.setCurrentIndex(0)
            return
        self._show_heading(record)
        try:
            self.model.show_dataset(record.copy_of_record())
        except StudioError as error:
            self.model.show_dataset(None)
            self._title.setText(in_one_line(error))
        self._stack.setCurrentIndex(1)

    def _empty_text(self, *, is_opening: bool) -> str:
        """Return why no record is shown."""
        if is_opening:
            return self.tr(
                "This File-set is still being opened.\n"
                "Elements are shown once its files have been located."
            )
        if self._selected > 1:
            return self.tr("{0} records are selected.").format(wording.number(self._selected))
        return self.tr("Select a record in the tree to see its elements.")

    def refresh(self) -> None:
        """Show the state of the record anew, after an edit."""
        if self.record is not None and not self.record.is_root:
            self._show_heading(self.record)

    def _show_heading(self, record: RecordNode) -> None:
        instance = record.instance
        about = (
            instance_title(instance)
            if instance is not None
            else wording.joined(describe(record).title, describe(record).detail)
        )
        if self._selected > 1:
            several = self.tr("{0} (one of {1} selected)")
            about = several.format(about, wording.number(self._selected))
        self._title.setText(about)
        self._title.setToolTip(about)
        self._file_lines.setVisible(instance is not None)
        self._state.clear()
        if instance is None:
            return
        state = instance_state(instance)
        palette = self.palette()
        brush = state.brush()
        if brush is not None:
            palette.setBrush(self._state.foregroundRole(), brush)
        self._state.setPalette(palette)
        self._state.setText(state.label)
        self.file_id.show_text(
            instance_file_id(instance), self.tr("given when the File-set is written")
        )
        self.path.show_text(str(instance.path or ""), self.tr("not a file yet"))
