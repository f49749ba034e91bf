"""The page on which a medium is chosen and seen: choices left, media and profiles right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.choices import Choices
from dicomdir_studio.gui.medium.discs_view import DiscsView
from dicomdir_studio.gui.medium.matrix import STATE, WHAT, MatrixModel
from dicomdir_studio.gui.panels.job_bar import progress_text
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

    from dicomdir_studio.gui.medium.matrix import MatrixRows
    from dicomdir_studio.session.jobs import Progress
    from dicomdir_studio.session.making.proposal import Proposal
    from dicomdir_studio.session.presets import Preset


class ChoosePage(QWidget):
    """Choices, the media that come of them, and the profiles.

    Attributes
    ----------
    preset_chosen : Signal(object)
        A `Preset` was chosen.
    save_wanted : Signal()
        What is chosen is to be kept as a preset.
    choices : Choices
        The left side.
    discs : DiscsView
        The media.
    """

    preset_chosen = Signal(object)
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets: list[Preset] = []
        self.preset_box = QComboBox(self)
        self.preset_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.preset_box.setAccessibleName(self.tr("Preset"))
        self.save_button = QPushButton(self.tr("Save…"), self)
        self.save_button.setAutoDefault(False)
        self.save_button.setToolTip(self.tr("Save these choices as your own preset"))
        self.save_button.setAccessibleName(self.tr("Save as preset"))
        self.choices = Choices(self)
        self.discs = DiscsView(self)
        self.matrix = MatrixModel(self)
        self.matrix_view = table_view(
            self.matrix, self.tr("Profiles and what prevents each"), self, tree=True
        )
        self.matrix_view.header().setStretchLastSection(True)
        set_widths(self.matrix_view, (50, 22, 30))
        self.matrix_view.header().setSectionResizeMode(STATE, QHeaderView.ResizeMode.Interactive)
        self.use_button = QPushButton(self.tr("Use this profile"), self)
        self.use_button.setAutoDefault(False)
        self.tabs = QTabWidget(self)
        self.remarks = Note(self)
        self.busy = QProgressBar(self)
        self.busy_text = QLabel(self)
        self._build()
        self.preset_box.activated.connect(self._preset_activated)
        self.save_button.clicked.connect(self.save_wanted)
        self.use_button.clicked.connect(self._use_profile)
        self.matrix_view.doubleClicked.connect(self._use_if_top)
        self.matrix_view.selectionModel().currentRowChanged.connect(self._offer_profile)
        self.choices.profile.matrix_wanted.connect(self.show_matrix)
        self.show_busy(None)

    # What it shows ------------------------------------------------------------------------

    def show_presets(self, presets: list[Preset]) -> None:
        """Offer presets."""
        self._presets = presets
        self.preset_box.clear()
        self.preset_box.addItem(self.tr("None"))
        for preset in presets:
            self.preset_box.addItem(preset.name)
            row = self.preset_box.count() - 1
            tip = wording.joined(preset.description, preset.summary())
            self.preset_box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)

    def show_preset(self, name: str) -> None:
        """Show that a preset is chosen; an empty name shows that none is."""
        keys = [preset.key for preset in self._presets]
        row = keys.index(name.casefold()) + 1 if name.casefold() in keys else 0
        self.preset_box.setCurrentIndex(row)

    def show_proposal(self, proposal: Proposal) -> None:
        """Say what is to be known about a proposal that does not stand in its way."""
        told = []
        if proposal.left_out:
            count = wording.counted(
                len(proposal.left_out), words.tr("record is left out"),
                words.tr("records are left out"),
            )  # fmt: skip
            told.append(self.tr("{0}, since the file is missing").format(count))
        if proposal.divided_series:
            count = wording.counted(
                len(proposal.divided_series), words.tr("series is"), words.tr("series are")
            )
            told.append(self.tr("{0} divided over several media").format(count))
        elif proposal.divided_studies:
            count = wording.counted(
                len(proposal.divided_studies), words.tr("study is"), words.tr("studies are")
            )
            told.append(self.tr("{0} divided over several media, series whole").format(count))
        if proposal.without_picture:
            told.append(
                self.tr("the pages have no picture of {0}").format(
                    words.instances(proposal.without_picture)
                )
            )
        if proposal.transcoded:
            count = wording.counted(
                proposal.transcoded, words.tr("copy is"), words.tr("copies are")
            )
            told.append(self.tr("{0} transcoded for the profile, without loss").format(count))
        text = "; ".join(told)
        if text:
            self.remarks.warn(text[0].upper() + text[1:] + ".")
        else:
            self.remarks.say("")

    def show_matrix_rows(self, rows: MatrixRows) -> None:
        """Show how what is chosen stands to the profiles."""
        before = self.matrix.profile_at(self.matrix_view.currentIndex())
        self.matrix.set_rows(rows)
        index = self.matrix.index_of(before or self.choices.profile.profile)
        if index.isValid():
            self.matrix_view.setCurrentIndex(index)
        self._offer_profile()

    def show_matrix(self) -> None:
        """Go to the profile that is chosen, opened."""
        self.tabs.setCurrentWidget(self._matrix_tab)
        index = self.matrix.index_of(self.choices.profile.profile)
        if index.isValid():
            self.matrix_view.setCurrentIndex(index)
            self.matrix_view.setExpanded(index, True)
            self.matrix_view.scrollTo(index, self.matrix_view.ScrollHint.PositionAtTop)
        self.matrix_view.setFocus()

    def show_busy(self, progress: Progress | None, phase: str = "") -> None:
        """Show that something is counted, and how far that is; None hides it."""
        shown = progress is not None or bool(phase)
        self.busy.setVisible(shown)
        fraction = None if progress is None else progress.fraction
        self.busy.setRange(0, 0 if fraction is None else 1000)
        self.busy.setValue(0 if fraction is None else round(fraction * 1000))
        text = phase
        if progress is not None and progress.phase:
            text = wording.joined(progress.phase, progress_text(progress))
        self.busy_text.setText(text if shown else "")

    # Building -----------------------------------------------------------------------------

    def _build(self) -> None:
        label = QLabel(self.tr("Prese&t"), self)
        label.setBuddy(self.preset_box)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.preset_box, 1)
        top.addWidget(self.save_button)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addLayout(top)
        column.addWidget(self.choices, 1)
        column.addWidget(self.choices.verify)
        self.setTabOrder(self.save_button, self.choices.target.goal_box)
        extras = self.choices.extras
        ends = (extras.folders, extras.add_button, extras.remove_button, extras.autorun)
        for before, after in pairwise((extras.contact, *ends, self.choices.verify)):
            self.setTabOrder(before, after)
        self.tabs.addTab(self._discs_tab(), self.tr("Media"))
        self._matrix_tab = self._profiles_tab()
        self.tabs.addTab(self._matrix_tab, self.tr("Profiles"))
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(left)
        splitter.addWidget(self.tabs)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setHandleWidth(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter, 1)

    def _discs_tab(self) -> QWidget:
        tab = QWidget(self)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(4)
        self.busy.setAccessibleName(self.tr("Counting"))
        policy = self.busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(policy)
        self.busy_text.setProperty("muted", True)
        self.busy_text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(tab)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.busy)
        layout.addWidget(self.discs, 1)
        layout.addWidget(self.remarks)
        layout.addWidget(self.busy_text)
        return tab

    def _profiles_tab(self) -> QWidget:
        tab = QWidget(self)
        layout = QVBoxLayout(tab)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.matrix_view, 1)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.use_button)
        layout.addLayout(row)
        return tab

    # Answers ------------------------------------------------------------------------------

    def _preset_activated(self, row: int) -> None:
        if row > 0:
            self.preset_chosen.emit(self._presets[row - 1])

    def _offer_profile(self) -> None:
        name = self.matrix.profile_at(self.matrix_view.currentIndex())
        offered = bool(name) and self.choices.profile.choice.findData(name) >= 0
        self.use_button.setEnabled(offered)

    def _use_profile(self) -> None:
        self.choices.profile.profile = self.matrix.profile_at(self.matrix_view.currentIndex())

    def _use_if_top(self, index: QModelIndex) -> None:
        if not index.parent().isValid() and index.column() == WHAT and self.use_button.isEnabled():
            self._use_profile()
