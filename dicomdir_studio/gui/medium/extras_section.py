"""What lies beside the images: README.TXT, web pages, further folders (IHE PDI)."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QWidget,
)

from dicomdir_studio.gui.medium.sections import Section

_FOLDER_ROWS = 3


class ExtrasSection(Section):
    """README.TXT, pages, and folders such as a viewer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Additional content")
        self.heading.setText(self.title)
        self.readme = self.box(self.tr("README.T&XT (IHE PDI)"))
        self.pages = self.box(
            self.tr("Web page&s with pictures"),
            self.tr("INDEX.HTM and its pages show the images in any browser, without a network"),
        )
        self.institution = self.line(self.tr("Hospital or practice"))
        self.contact = self.line(self.tr("Contact for questions"))
        self.from_row = self.labelled(self.tr("&Institution"), self.institution)
        self.contact_row = self.labelled(self.tr("Co&ntact"), self.contact)
        self.folders = QListWidget(self)
        self.folders.setAccessibleName(self.tr("Additional folders"))
        self.folders.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.folders.setFixedHeight(_FOLDER_ROWS * (self.folders.fontMetrics().height() + 8))
        self.folders.setObjectName("framed")
        self.autorun = self.box(
            self.tr("Put its AUTORUN.INF into the root"),
            self.tr("Old systems start a program from it; readers must not rely on that"),
        )
        self.inside.removeWidget(self.autorun)
        self.add_button = self.button(self.tr("Add a folder…"))
        self.remove_button = self.button(self.tr("Take away"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        buttons.addStretch()
        self.inside.addWidget(self.folders)
        self.inside.addLayout(buttons)
        self.inside.addWidget(self.autorun)
        self.readme.toggled.connect(self._show_rows)
        self.pages.toggled.connect(self._pages_toggled)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        self._show_rows()

    @property
    def paths(self) -> tuple[str, ...]:
        """The further folders."""
        return tuple(self.folders.item(row).text() for row in range(self.folders.count()))

    def set_paths(self, paths: tuple[str, ...]) -> None:
        """Take other folders."""
        self.folders.clear()
        self.folders.addItems(list(paths))
        self._show_rows()
        self.changed.emit()

    def _pages_toggled(self, on: bool) -> None:
        if on:
            self.readme.setChecked(True)
        self.readme.setEnabled(not on)
        self._show_rows()

    def _show_rows(self) -> None:
        wanted = self.readme.isChecked() or self.pages.isChecked()
        self.from_row.setVisible(wanted)
        self.contact_row.setVisible(wanted)
        for widget in (self.folders, self.remove_button, self.autorun):
            widget.setVisible(self.folders.count() > 0)

    def _add(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder to put on the medium"))
        if chosen and chosen not in self.paths:
            self.set_paths((*self.paths, chosen))

    def _remove(self) -> None:
        gone = {item.text() for item in self.folders.selectedItems()} or set(self.paths[-1:])
        self.set_paths(tuple(path for path in self.paths if path not in gone))
