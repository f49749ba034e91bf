"""Asks about conflicts between what was added and what is there, both sides shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.fileset import Answer
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.conflicts import (
    CAME,
    THERE,
    WHAT,
    ConflictsModel,
    SidesModel,
    aspects_of,
)
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.room import take_room
from dicomdir_studio.session.conflict_sides import Side, sides_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import Conflict
    from dicomdir_studio.gui.jobs import JobPoller

_WIDTH, _HEIGHT = 940, 620


class ConflictDialog(QDialog):
    """A list of conflicts; nothing counts as decided that the user did not decide.

    Parameters
    ----------
    conflicts : list of Conflict
        What came with an addition.
    poller : JobPoller
        Reads both sides.
    parent : QWidget, optional
        The window that it is shown over.
    undo : callable, optional
        Takes the whole addition back; offered if given.
    """

    def __init__(
        self,
        conflicts: list[Conflict],
        poller: JobPoller,
        parent: QWidget | None = None,
        undo: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self._poller = poller
        self._undo = undo
        self._shown: Conflict | None = None
        self.setWindowTitle(self.tr("Added files conflict with the File-set"))
        take_room(self, _WIDTH, _HEIGHT)
        self.model = ConflictsModel(conflicts)
        self.model.setParent(self)
        self.view = table_view(self.model, self.tr("Conflicts"), self)
        self.sides = SidesModel(self)
        self.sides_view = table_view(
            self.sides, self.tr("Both sides of the conflict"), self, paths=(1, 2)
        )
        self.choices = {
            Answer.KEEP: QRadioButton(self.tr("&Keep all staged: both stay"), self),
            Answer.LEAVE_OUT: QRadioButton(self.tr("&Leave the new files out"), self),
            Answer.REPLACE: QRadioButton(self.tr("&Replace the old file with the new"), self),
        }
        self.chosen_label = QLabel(self)
        self.alike_button = QPushButton(self.tr("Select all of &this kind"), self)
        self.all_button = QPushButton(self.tr("Select &all"), self)
        self.undo_button = QPushButton(self.tr("&Undo the whole addition"), self)
        self.carry_out_button = QPushButton(self)
        self.later_button = QPushButton(self.tr("&Decide later"), self)
        self._build()
        self._connect()
        self.view.setCurrentIndex(self.model.index(0, 0))

    # Building -------------------------------------------------------------------------------

    def _build(self) -> None:
        """Put the parts together."""
        set_widths(self.view, (20, 34, 18, 20, 20, 8), filling=(WHAT, THERE, CAME))
        set_widths(self.sides_view, (28, 44, 40))
        self.sides_view.header().setStretchLastSection(True)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.view)
        split.addWidget(self.sides_view)
        split.setSizes([190, 260])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self._heading())
        layout.addWidget(split, 1)
        layout.addWidget(self.chosen_label)
        layout.addLayout(self._decisions())
        layout.addWidget(self._buttons())

    def _heading(self) -> Note:
        """Return what the user has to know first."""
        count = wording.counted(len(self.model.rows), self.tr("conflict"), self.tr("conflicts"))
        heading = Note(self)
        heading.complain(
            self.tr(
                "{0}. Images of different people may be mixed up: compare both sides, then decide "
                "about each. Nothing is written yet, and decisions can be undone."
            ).format(count)
        )
        return heading

    def _decisions(self) -> QHBoxLayout:
        """Return the answers, and what selects for them; below each other, for narrow screens."""
        self._group = QButtonGroup(self)
        answers, others = QVBoxLayout(), QVBoxLayout()
        for button in self.choices.values():
            self._group.addButton(button)
            answers.addWidget(button)
        for other in (self.alike_button, self.all_button):
            other.setAutoDefault(False)
            others.addWidget(other)
        others.addStretch()
        line = QHBoxLayout()
        line.addLayout(answers)
        line.addStretch()
        line.addLayout(others)
        return line

    def _buttons(self) -> QDialogButtonBox:
        """Return the buttons at the bottom."""
        buttons = QDialogButtonBox(self)
        roles = QDialogButtonBox.ButtonRole
        buttons.addButton(self.carry_out_button, roles.AcceptRole)
        buttons.addButton(self.later_button, roles.RejectRole)
        buttons.addButton(self.undo_button, roles.DestructiveRole)
        self.undo_button.setVisible(self._undo is not None)
        for button in (self.later_button, self.undo_button):
            button.setAutoDefault(False)
        self.carry_out_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.undo_button.clicked.connect(self._take_back)
        return buttons

    def _connect(self) -> None:
        """Bind signals to what they cause."""
        self.view.selectionModel().selectionChanged.connect(self._selected)
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._compare())
        for answer, button in self.choices.items():
            button.clicked.connect(lambda _on, answer=answer: self.decide(answer))
        self.alike_button.clicked.connect(self.select_alike)
        self.all_button.clicked.connect(self.select_all)

    # Deciding -------------------------------------------------------------------------------

    def selected(self) -> list[Conflict]:
        """Return the selected conflicts."""
        rows = self.view.selectionModel().selectedRows()
        return [row for index in rows if (row := self.model.row(index)) is not None]

    def decide(self, answer: Answer) -> None:
        """Decide alike about all that are selected."""
        self.model.decide(self.selected(), answer)
        self._update()

    def select_alike(self) -> None:
        """Select all conflicts of the kind of the present one."""
        present = self.model.row(self.view.currentIndex())
        if present is not None:
            self._select(lambda one: one.kind is present.kind)

    def select_all(self) -> None:
        """Select all conflicts."""
        self._select(lambda _one: True)

    def _select(self, test: Callable[[Conflict], bool]) -> None:
        """Select the conflicts that pass a test, those not scrolled to as well."""
        while self.model.canFetchMore(self.view.rootIndex()):
            self.model.fetchMore(self.view.rootIndex())
        chooser = self.view.selectionModel()
        chooser.clearSelection()
        flags = chooser.SelectionFlag.Select | chooser.SelectionFlag.Rows
        for place, one in enumerate(self.model.rows):
            if test(one):
                chooser.select(self.model.index(place, 0), flags)

    def _selected(self) -> None:
        """Offer the answers that there are to what is selected."""
        self._update()

    def _update(self) -> None:
        """Show what is decided of the selection, and how much is left to decide."""
        chosen = self.selected()
        possible = {answer for one in chosen for answer in one.answers}
        given = {self.model.answer_of(one) for one in chosen}
        self._group.setExclusive(False)
        for answer, button in self.choices.items():
            button.setEnabled(answer in possible)
            button.setChecked(given == {answer})
        self._group.setExclusive(True)
        self.chosen_label.setText(
            self.tr("Decide about {0}:").format(
                wording.counted(
                    len(chosen),
                    self.tr("selected conflict"),
                    self.tr("selected conflicts"),
                )
            )
        )
        decided, total = len(self.model.answers), len(self.model.rows)
        self.carry_out_button.setEnabled(decided == total)
        self.carry_out_button.setText(
            self.tr("&Carry out")
            if decided == total
            else self.tr("{0} left to decide").format(wording.number(total - decided))
        )

    def _take_back(self) -> None:
        """Undo the addition and close."""
        self.reject()
        if self._undo is not None:
            self._undo()

    # Comparing ------------------------------------------------------------------------------

    def _compare(self) -> None:
        """Read both sides of the present conflict and show them."""
        conflict = self.model.row(self.view.currentIndex())
        if conflict is None or conflict is self._shown:
            return
        self._shown = conflict
        self.sides.set_rows([])

        def show(read: tuple[Side, Side]) -> None:
            if conflict is self._shown:
                self.sides.set_rows(aspects_of(*read, len(conflict.files)))

        self._poller.submit(
            self.tr("Comparing files"),
            lambda _monitor: sides_of(conflict),
            on_done=show,
            owner=self,
            quiet=True,
        )
