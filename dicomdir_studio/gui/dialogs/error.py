"""An error shown whole: what, which file, why, what next, and a report to copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.gui.dialogs.report import error_report
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.no_directory import NoDirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable

_ICON_SIZE = 32
_WIDTH, _MARGIN = 520, 16


class ErrorDialog(QDialog):
    """One error in plain words; its details open on demand.

    Parameters
    ----------
    error : BaseException
        What happened. Other errors than `StudioError` are told as a fault of the program.
    parent : QWidget, optional
        The window that it is shown over.
    """

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.error = error
        self.report = error_report(error)
        foreseen = isinstance(error, StudioError)
        self.setWindowTitle(self.tr("DICOMDIR Studio"))
        self.setMinimumWidth(_WIDTH)
        self.details = QPlainTextEdit(self.report, self)
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(self.tr("Report"))
        self.details.setMinimumHeight(200)
        self.details.hide()
        self.details_button = QPushButton(self.tr("Show &details"), self)
        self.copy_button = QPushButton(self.tr("Copy &report"), self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self._buttons.addButton(self.details_button, QDialogButtonBox.ButtonRole.ActionRole)
        close = self._buttons.button(QDialogButtonBox.StandardButton.Close)
        for button in (self.copy_button, self.details_button):
            button.setAutoDefault(False)
        close.setDefault(True)
        close.setFocus()
        self._build(self._told(error) if foreseen else self._told_unforeseen(error))
        self._buttons.rejected.connect(self.reject)
        self.copy_button.clicked.connect(self.copy_report)
        self.details_button.clicked.connect(self._toggle_details)

    def copy_report(self) -> None:
        """Put the report on the clipboard."""
        QApplication.clipboard().setText(self.report)
        self.copy_button.setText(self.tr("Copied"))

    def offer(self, text: str, call: Callable[[], object]) -> QPushButton:
        """Add the button that does what the error suggests, and closes."""
        button = self._buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
        button.clicked.connect(self.accept)
        button.clicked.connect(call)
        button.setDefault(True)
        button.setFocus()
        self._make_room()
        return button

    def _make_room(self) -> None:
        """Be as wide as the buttons need: the box itself would cut their texts."""
        self.setMinimumWidth(max(_WIDTH, self._buttons.sizeHint().width() + 2 * _MARGIN))

    def _build(self, told: list[tuple[str, str]]) -> None:
        icon = QLabel(self)
        pixmap = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        icon.setPixmap(pixmap.pixmap(_ICON_SIZE, _ICON_SIZE))
        icon.setAccessibleName(self.tr("Problem"))
        lines = QGridLayout()
        lines.setVerticalSpacing(8)
        lines.setHorizontalSpacing(12)
        lines.setColumnStretch(1, 1)
        lines.addWidget(self._text(told[0][1], bold=True), 0, 0, 1, 2)
        for place, (label, text) in enumerate(told[1:], start=1):
            name = QLabel(label, self)
            name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            lines.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
            lines.addWidget(self._text(text), place, 1, Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 12)
        layout.setSpacing(16)
        layout.addLayout(row)
        layout.addWidget(self.details, 1)
        layout.addStretch()
        layout.addWidget(self._buttons)
        self._make_room()

    def _text(self, text: str, *, bold: bool = False) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if bold:
            font = QFont(label.font())
            font.setBold(True)
            label.setFont(font)
        return label

    def _told(self, error: BaseException) -> list[tuple[str, str]]:
        if not isinstance(error, StudioError):
            return []
        rows = [
            ("", error.what),
            (self.tr("Where"), error.where or ""),
            (self.tr("Why"), _as_sentence(in_language(error.why or ""))),
            (self.tr("What next"), error.remedy or ""),
        ]
        return [(label, in_language(text)) for label, text in rows if text]

    def _told_unforeseen(self, error: BaseException) -> list[tuple[str, str]]:
        return [
            ("", self.tr("An unexpected error occurred.")),
            (self.tr("Why"), type(error).__name__),
            (
                self.tr("What next"),
                self.tr(
                    "Copy the report and send it to whoever maintains this program. It contains "
                    "versions and source lines of the program, but no patient data."
                ),
            ),
        ]

    def _toggle_details(self) -> None:
        shown = not self.details.isVisible()
        self.details.setVisible(shown)
        self.details_button.setText(self.tr("Hide &details") if shown else self.tr("Show &details"))
        self.adjustSize()


def _as_sentence(why: str) -> str:
    """Return a reason, which errors have in brackets, as it stands in a line of its own."""
    return why[:1].upper() + why[1:]


def show_error(
    parent: QWidget | None,
    error: BaseException,
    make_directory: Callable[[Path], object] | None = None,
) -> ErrorDialog | None:
    """Show an error over a window and return at once; a cancelling is no error.

    Parameters
    ----------
    parent : QWidget or None
        The window.
    error : BaseException
        What happened.
    make_directory : callable, optional
        Offered with the folder where a new DICOMDIR can be made of the files in a folder.

    Returns
    -------
    ErrorDialog or None
        The open dialog, which deletes itself when it is closed.
    """
    if isinstance(error, OperationCancelledError):
        return None
    dialog = ErrorDialog(error, parent)
    if isinstance(error, NoDirectoryError) and error.folder and make_directory is not None:
        folder = Path(error.folder)
        dialog.offer(dialog.tr("&Create from the folder…"), lambda: make_directory(folder))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
