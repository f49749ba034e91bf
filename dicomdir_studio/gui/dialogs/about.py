"""What the program is, whose work it stands on, and the versions that run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui.dialogs.report import versions

_ICON_SIZE = 64


class AboutDialog(QDialog):
    """Name, purpose, versions and licence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About DICOMDIR Studio"))
        self.copy_button = QPushButton(self.tr("&Copy versions"), self)
        self.copy_button.clicked.connect(self._copy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.setAutoDefault(False)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 12)
        layout.setSpacing(16)
        layout.addLayout(self._heading())
        layout.addWidget(self._purpose())
        layout.addLayout(self._versions())
        layout.addStretch()
        layout.addWidget(buttons)

    def _heading(self) -> QHBoxLayout:
        name = QLabel(self.tr("DICOMDIR Studio"), self)
        font = QFont(name.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        name.setFont(font)
        row = QHBoxLayout()
        row.setSpacing(16)
        icon = QApplication.windowIcon()
        if not icon.isNull():
            picture = QLabel(self)
            picture.setPixmap(icon.pixmap(_ICON_SIZE, _ICON_SIZE))
            row.addWidget(picture)
        row.addWidget(name, 1)
        return row

    def _purpose(self) -> QLabel:
        text = QLabel(
            self.tr(
                "Opens, checks, changes and writes DICOM media: File-sets and their DICOMDIR "
                "(PS3.10, PS3.11, PS3.12).\n\n"
                "Free software under the MIT licence. It is not a medical device: do not "
                "diagnose with it."
            ),
            self,
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        return text

    def _versions(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.setHorizontalSpacing(16)
        for name, version in versions():
            shown = QLabel(version, self)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(name, shown)
        return form

    def _copy(self) -> None:
        lines = [f"{name}: {version}" for name, version in versions()]
        QApplication.clipboard().setText("\n".join(lines))
        self.copy_button.setText(self.tr("Copied"))
