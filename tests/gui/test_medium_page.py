"""The page of the dialog that makes media: for every eye, every hand and every size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollBar,
    QSpinBox,
    QWidget,
)

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import language, style, wording
from dicomdir_studio.gui.medium.content_model import ContentModel
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.medium.discs_model import FILL_ROLE, DiscsModel
from dicomdir_studio.gui.medium.matrix import MatrixModel, MatrixRows, state_text
from dicomdir_studio.gui.medium.tree import NAME, ROOM, Rows
from dicomdir_studio.media.conformance import Kind, Obstacle, ProfileFit
from dicomdir_studio.media.orders import Target
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.making.maker import MediumMaker
from dicomdir_studio.session.making.wish import Goal, Wish
from dicomdir_studio.session.settings import Settings
from dicomdir_studio.standard.profiles import PROFILES
from tests.gui.watching import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.session.making.content import Content
    from dicomdir_studio.session.making.proposal import Proposal

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QSpinBox, QAbstractItemView)


@pytest.fixture
def made(disc: Path, tmp_path: Path) -> tuple[Content, Proposal]:
    """Return the content of the sample set and its proposal over small images."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    maker = MediumMaker(FileSet(disc / "DICOMDIR"), str(scratch))
    content = maker.look(Monitor())
    wish = Wish(Goal.ISO, str(tmp_path / "out.iso"), capacity=150_000, is_spanned=True)
    return content, maker.propose(wish, Monitor())


@pytest.fixture
def large_letters(qapp: QApplication) -> Iterator[None]:
    """Make all letters twice as large."""
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


@pytest.fixture
def show(qtbot: QtBot, disc: Path) -> Iterator[Callable[[], MediumDialog]]:
    """Return a maker of shown dialogs of the sample set with a proposal."""
    shown: list[MediumDialog] = []

    def make() -> MediumDialog:
        dialog = MediumDialog(FileSet(disc / "DICOMDIR"), Settings())
        shown.append(dialog)
        dialog.page.choices.medium.choose("150 kB")
        dialog.page.choices.medium.span.setChecked(True)
        dialog.show()
        qtbot.waitUntil(lambda: dialog.proposal is not None)
        qtbot.waitUntil(lambda: dialog.page.matrix.rowCount() > 0)
        return dialog

    yield make
    for dialog in shown:
        dialog.done(0)
        dialog.deleteLater()


# Models ---------------------------------------------------------------------------------------


def test_the_media_follow_every_proposal(made: tuple[Content, Proposal]) -> None:
    """Rows of media, patients, studies and series; set anew and emptied under Qt's own tester."""
    _content, proposal = made
    model = DiscsModel()
    watch(model)
    table = Rows.of_discs(proposal.discs)
    for can_move in (True, False):
        model.show_discs(table, Goal.ISO, can_move=can_move)
        assert model.rowCount() == len(proposal.discs) > 1
        first = model.disc_index(1)
        assert str(first.data()).startswith("ISO image 1 of ")
        fill = model.disc_index(1, ROOM).data(FILL_ROLE)
        assert fill == proposal.discs[0].used / 150_000
        exact = str(model.disc_index(1, ROOM).data(Qt.ItemDataRole.ToolTipRole))
        used = wording.number(proposal.discs[0].used)
        assert exact == f"{used} of {wording.number(150_000)} bytes"
        flags = model.flags(model.index(0, 0, first))
        assert bool(flags & Qt.ItemFlag.ItemIsDragEnabled) == can_move
        assert not model.flags(first) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.names_at([first]) == proposal.discs[0].names
    model.show_discs(Rows(), Goal.ISO, can_move=True)
    assert model.rowCount() == 0
    assert model.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags


def test_foreign_data_cannot_be_dropped(made: tuple[Content, Proposal]) -> None:
    """Files of a file manager, instances that are not there, and a closed page are refused."""
    _content, proposal = made
    model, heard = DiscsModel(), []
    model.move_wanted.connect(lambda names, number: heard.append((names, number)))
    model.show_discs(Rows.of_discs(proposal.discs), Goal.ISO, can_move=True)
    move, disc = Qt.DropAction.MoveAction, model.disc_index(1)
    data = model.mimeData([model.index(0, 0, model.disc_index(2))])
    plain = model.mimeData([])
    plain.clear()
    plain.setText("hello")
    assert not model.dropMimeData(plain, move, -1, -1, disc)
    foreign = model.mimeData([])
    foreign.setData(model.mimeTypes()[0], b'["PT000009/ST000000/SE000000/IM000000"]')
    assert not model.dropMimeData(foreign, move, -1, -1, disc)
    assert not heard
    assert model.dropMimeData(data, move, -1, -1, model.index(0, 0, disc))
    assert [number for _names, number in heard] == [1]
    model.show_discs(Rows.of_discs(proposal.discs), Goal.ISO, can_move=False)
    assert not model.dropMimeData(data, move, -1, -1, model.disc_index(1))


def test_checks_go_down_and_up(made: tuple[Content, Proposal]) -> None:
    """A patient checks his studies; a study shows the patient as partly checked."""
    content, _proposal = made
    model = ContentModel()
    watch(model)
    model.set_content(Rows.of_content(content.branches), None)
    assert model.chosen == frozenset(content.sizes)
    role, state = Qt.ItemDataRole.CheckStateRole, Qt.CheckState
    patient = model.index(1, NAME)
    study = model.index(0, NAME, patient)
    assert model.setData(study, state.Unchecked.value, role)
    assert patient.data(role) == state.PartiallyChecked
    assert model.chosen == frozenset(content.sizes) - frozenset(
        content.branches[1].children[0].names
    )
    assert model.setData(patient, state.Checked.value, role)
    assert study.data(role) == state.Checked
    assert not model.setData(study, "x", Qt.ItemDataRole.EditRole)


def test_the_matrix_lists_profiles_of_the_target_first() -> None:
    """What fits comes first, then by obstacles; hundreds of instances are cut short and counted."""
    names = tuple(f"IM{number:06d}" for number in range(300))
    fits = {
        name: ProfileFit(PROFILES[name], obstacles)
        for name, obstacles in (
            ("STD-XABC-CD", (Obstacle(Kind.SOP_CLASS, "No", "B", "Go", instances=names),)),
            ("STD-GEN-CD", ()),
            ("STD-GEN-USB-JPEG", ()),
            ("STD-GEN-SEC-CD", ()),
        )
        if name in PROFILES
    }
    model = MatrixModel()
    watch(model)
    model.set_rows(MatrixRows.of(fits, Target.ISO))
    shown = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
    assert shown[:2] == ["STD-GEN-CD", "STD-XABC-CD"]
    obstacle = model.index(0, 0, model.index_of("STD-XABC-CD"))
    assert model.rowCount(obstacle) == 101
    assert str(model.index(100, 0, obstacle).data()) == "… and 200 more"
    assert state_text(fits["STD-XABC-CD"]) == "1 obstacle"
    stick = model.index_of("STD-GEN-USB-JPEG")
    assert "a folder" in str(stick.siblingAtColumn(2).data())


# Every size, palette and hand -----------------------------------------------------------------


@pytest.mark.parametrize("goal", list(Goal))
def test_it_fits_a_small_screen_with_large_letters(
    show: Callable[[], MediumDialog], large_letters: None, goal: Goal, qtbot: QtBot
) -> None:
    """At 200 % nothing asks for more than 1,024 by 700, whatever is chosen."""
    dialog = show()
    choices = dialog.page.choices
    choices.target.goal = goal
    choices.extras.pages.setChecked(True)
    choices.content.some_button.setChecked(True)
    qtbot.wait(50)
    dialog.resize(1024, 700)
    qtbot.wait(50)
    hint = dialog.minimumSizeHint()
    assert (hint.width() <= 1024, hint.height() <= 700) == (True, True), hint
    assert dialog.make_button.visibleRegion().boundingRect() == dialog.make_button.rect()
    inside = choices.widget()
    assert inside is not None
    assert inside.width() <= choices.viewport().width()


@pytest.fixture(params=sorted(language.languages()))
def spoken(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    """Show texts in each language in turn."""
    installed = language.use_language(qapp, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)


@pytest.mark.usefixtures("spoken")
def test_every_control_has_a_name_and_no_key_twice(show: Callable[[], MediumDialog]) -> None:
    """A screen reader can say each; a mnemonic leads to one visible control only."""
    dialog = show()
    dialog.page.choices.extras.pages.setChecked(True)
    for goal in Goal:
        dialog.page.choices.target.goal = goal
        nameless = [
            widget
            for kind in CONTROLS
            for widget in dialog.findChildren(kind)
            if widget.isVisible()
            and not isinstance(widget.parent(), QComboBox | QSpinBox)
            and not isinstance(widget, QScrollBar | QHeaderView)
            and not (widget.accessibleName() or getattr(widget, "text", str)())
        ]
        assert not nameless
        keys: dict[str, str] = {}
        texts = [one.text() for one in dialog.findChildren(QAbstractButton) if one.isVisible()]
        texts += [
            one.text()
            for one in dialog.findChildren(QLabel)
            if one.buddy() is not None and one.isVisible()
        ]
        for text in (one.replace("&&", "") for one in texts):
            if "&" in text:
                key = text[text.index("&") + 1].lower()
                assert key not in keys, f"{text!r} and {keys[key]!r}"
                keys[key] = text


def test_the_keyboard_reaches_everything(show: Callable[[], MediumDialog], qtbot: QtBot) -> None:
    """Tab goes through all choices, the media and the buttons, and comes back."""
    dialog = show()
    dialog.activateWindow()
    dialog.page.preset_box.setFocus()
    seen: list[QWidget] = []
    for _ in range(80):
        widget = QApplication.focusWidget()
        assert widget is not None
        if widget in seen:
            break
        seen.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    page, choices = dialog.page, dialog.page.choices
    wanted = [
        page.preset_box, page.save_button, choices.target.goal_box, choices.target.path,
        choices.target.browse, choices.medium.kind, choices.medium.own_size, choices.medium.span,
        choices.profile.choice, choices.profile.details, choices.content.all_button,
        choices.extras.readme, choices.extras.pages, choices.extras.add_button, choices.verify,
        page.discs.tree, dialog.cancel_button,
    ]  # fmt: skip
    missing = [widget for widget in wanted if widget not in seen]
    assert not missing
    places = [seen.index(widget) for widget in wanted]
    assert places == sorted(places)


def test_a_series_is_moved_by_keyboard(show: Callable[[], MediumDialog], qtbot: QtBot) -> None:
    """With arrows to the series, and Move to from the keyboard's menu."""
    dialog = show()
    discs = dialog.page.discs
    discs.tree.setFocus()
    discs.tree.setCurrentIndex(discs.model.disc_index(1))
    qtbot.keyClick(discs.tree, Qt.Key.Key_Down)
    names = discs.model.names_at([discs.tree.currentIndex()])
    assert discs.move_button.isEnabled()
    discs.menu.aboutToShow.emit()
    first = discs.menu.actions()[0]
    assert first.text().startswith("ISO image 2 of ")
    first.trigger()
    qtbot.waitUntil(lambda: dialog.proposal is not None)
    assert dialog.proposal is not None
    assert any(names <= disc.names for disc in dialog.proposal.discs[:2])


@pytest.mark.parametrize(
    "appearance", [style.Appearance.LIGHT, style.Appearance.DARK, style.Appearance.CONTRAST]
)
def test_both_palettes_are_used(
    show: Callable[[], MediumDialog], qapp: QApplication, appearance: style.Appearance
) -> None:
    """The ground is the palette's, and the bar of a full medium is seen on it."""
    style.apply_style(qapp, appearance)
    try:
        dialog = show()
        image = dialog.grab().toImage()
        shown = style.colours()
        assert image.pixelColor(2, 2) == QColor(shown.window)
        tree = dialog.page.discs.tree
        picture = tree.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        rect = tree.visualRect(dialog.page.discs.model.disc_index(1, ROOM))
        scale = picture.devicePixelRatio()
        row = [
            picture.pixelColor(int(x * scale), int(y * scale)).name()
            for y in range(rect.bottom() - 8, rect.bottom())
            for x in range(rect.left() + 10, rect.left() + 20)
        ]
        assert QColor(shown.accent).name() in row
    finally:
        style.apply_style(qapp, style.Appearance.LIGHT)
