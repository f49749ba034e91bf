"""What of the File-set goes on media: all, or chosen patients and studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHeaderView, QRadioButton, QWidget

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.content_model import ContentModel
from dicomdir_studio.gui.medium.sections import Section
from dicomdir_studio.gui.medium.tree import COUNT, NAME
from dicomdir_studio.gui.panels.tables import set_widths, table_view

if TYPE_CHECKING:
    from dicomdir_studio.gui.medium.tree import Rows
    from dicomdir_studio.session.making.content import Content

_TREE_ROWS = 7


class ContentSection(Section):
    """All of the File-set, or chosen patients and studies; and how files are named.

    Attributes
    ----------
    layout_changed : Signal()
        Files are to be named in the other way.
    """

    layout_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Content")
        self.heading.setText(self.title)
        self.all_button = QRadioButton(self.tr("&All"), self)
        self.some_button = QRadioButton(self.tr("C&hosen patients and studies"), self)
        self.all_button.setChecked(True)
        self.model = ContentModel(self)
        self.tree = table_view(self.model, self.tr("Patients and studies to take"), self, tree=True)
        self.tree.setHeaderHidden(True)
        self.tree.header().setStretchLastSection(False)
        set_widths(self.tree, (30, 5, 9))
        self.tree.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.tree.setColumnHidden(COUNT, True)
        self.tree.setFixedHeight(_TREE_ROWS * (self.tree.fontMetrics().height() + 10))
        self.tree.setFrameShape(self.tree.Shape.StyledPanel)
        self.tree.setObjectName("framed")
        for widget in (self.all_button, self.some_button, self.tree):
            self.inside.addWidget(widget)
        self.tree.hide()
        self.keep = QCheckBox(self.tr("&Keep the names of folders and files"), self)
        self.keep.setToolTip(
            self.tr(
                "Files keep their names from the File-set where the medium allows them; otherwise "
                "they are renamed PT000000/ST000000/SE000000/IM000000"
            )
        )
        self.keep.toggled.connect(lambda _on: self.layout_changed.emit())
        self.inside.addWidget(self.keep)
        self.as_it_is = self.box(
            self.tr("Include these files as they are"),
            self.tr("They are cut off, or may belong to somebody else than their records say"),
        )
        self.as_it_is.hide()
        self.some_button.toggled.connect(self._toggled)
        self.model.dataChanged.connect(lambda *_: self.changed.emit())

    @property
    def names(self) -> frozenset[str] | None:
        """File IDs of what is chosen, None for all."""
        return self.model.chosen if self.some_button.isChecked() else None

    @property
    def layout_of_files(self) -> Layout:
        """How files are named on the medium."""
        return Layout.KEEP if self.keep.isChecked() else Layout.STANDARD

    def show_content(self, content: Content, table: Rows, selected: frozenset[str] | None) -> None:
        """Show what there is to choose from.

        Parameters
        ----------
        content : Content
            What the File-set would bring.
        table : Rows
            Out of `Rows.of_content`.
        selected : frozenset of str or None
            What is checked at first, None for all.
        """
        self.model.set_content(table, selected)
        self.as_it_is.setVisible(content.has_contradictions)
        size = wording.size(sum(content.sizes.values()))
        self.all_button.setText(
            self.tr("&All: {0}, {1}").format(words.instances(len(content.sizes)), size)
        )
        staged = [
            text
            for amount, text in (
                (
                    content.additions,
                    wording.counted(content.additions, words.tr("addition"), words.tr("additions")),
                ),
                (
                    content.removals,
                    wording.counted(content.removals, words.tr("removal"), words.tr("removals")),
                ),
            )
            if amount
        ]
        if staged:
            told = self.tr(
                "Made as the window shows it, including {0} that have not been written yet. The "
                "File-set itself is not changed."
            )
            self.note.say(told.format(self.tr(" and ").join(staged)))
        else:
            self.note.say("")

    def _toggled(self, some: bool) -> None:
        self.tree.setVisible(some)
        if some:
            few = self.model.rowCount() <= _TREE_ROWS
            for row in range(self.model.rowCount()) if few else ():
                self.tree.setExpanded(self.model.index(row, NAME), True)
        self.changed.emit()
