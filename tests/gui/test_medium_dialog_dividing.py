"""The dialog that makes media: what goes on a medium, and what is divided over several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import usage
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from tests.gui.making import choose, divide, make, ready, sources_of, sums, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.medium.dialog import MediumDialog
    from tests.judges import Judges


def test_a_set_is_divided_and_altered_by_hand(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Over small discs; a study that is moved goes where it was put, and all is there once."""
    dialog = open_dialog(large)
    choices = dialog.page.choices
    divide(dialog, "400 kB")
    choices.extras.readme.setChecked(True)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    proposal = dialog.proposal
    assert proposal is not None
    assert sorted(len(disc.plan.files) for disc in proposal.discs) == [6, 12]
    discs = dialog.page.discs
    model = discs.model
    full = max(proposal.discs, key=lambda disc: disc.used).plan.number
    first = model.index(0, 0, model.index(0, 0, model.disc_index(full)))  # a study of two
    moved = model.names_at([first])
    discs.tree.setCurrentIndex(first)
    (text, number) = discs.targets()[-1]
    assert text == "A new medium"
    assert discs.move_button.isEnabled()
    discs.menu.aboutToShow.emit()
    discs.menu.actions()[-1].trigger()
    ready(qtbot, dialog)
    altered = dialog.proposal
    assert altered is not None
    assert altered.discs[-1].names == moved
    assert discs.again_button.isEnabled()
    for one in altered.discs:
        assert one.used == usage(one.plan.sizes(), altered.order.container).total
    make(qtbot, dialog)
    found: list[str] = []
    for disc in altered.discs:
        path = Path(disc.path)
        assert path.stat().st_size == disc.used <= 400_000
        with open_medium(path) as medium:
            found += sums(Path(medium.root))
            root = Path(medium.root)
            judges.accept(root, instances=len(disc.plan.files))
            assert f"Disc {disc.plan.number} of {disc.plan.of}" in (root / "README.TXT").read_text()
    assert sorted(found) == sources_of(large)
    assert number == len(proposal.discs) + 1


def test_dropping_on_a_full_disc_says_so_and_divides_anew(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """A drop moves; what is too full is told with both numbers, and one button mends it."""
    dialog = open_dialog(large)
    divide(dialog, "200 kB")
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    discs = dialog.page.discs
    model = discs.model
    assert model.rowCount() == 3
    study = model.index(0, 0, model.index(0, 0, model.disc_index(2)))
    data = model.mimeData([study])
    move = Qt.DropAction.MoveAction
    assert model.canDropMimeData(data, move, -1, -1, model.disc_index(1))
    assert model.dropMimeData(data, move, -1, -1, model.disc_index(1))
    ready(qtbot, dialog)
    assert "more than the medium holds" in told(dialog, Place.MEDIUM)
    assert "ISO image 1 of 2" in str(model.disc_index(1).data())
    assert "too much" in str(model.disc_index(1, 3).data())
    assert not dialog.make_button.isEnabled()
    qtbot.mouseClick(discs.again_button, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert model.rowCount() == 3
    assert dialog.make_button.isEnabled()


def test_what_does_not_fit_is_told_and_divided_on_request(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """One medium that is too small says by how much; the tick divides it."""
    dialog = open_dialog(large)
    medium = dialog.page.choices.medium
    medium.choose("nonsense")
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    assert "Give a size" in told(dialog, Place.MEDIUM)
    medium.choose("200 kB")
    ready(qtbot, dialog)
    assert "more than the medium holds" in told(dialog, Place.MEDIUM)
    assert "too much" in str(dialog.page.discs.model.disc_index(1, 3).data())
    medium.span.setChecked(True)
    ready(qtbot, dialog)
    assert dialog.make_button.isEnabled()
    medium.choose("30 kB")
    ready(qtbot, dialog)
    assert "A single instance is larger than the medium" in told(dialog, Place.MEDIUM)


def test_chosen_studies_only(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """What is selected in the window is checked; only that is made, a File-set of its own."""
    study = large.tree.children[0].children[0]
    dialog = open_dialog(large, selected=[study])
    content = dialog.page.choices.content
    content.some_button.click()
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    assert dialog.proposal is not None
    assert len(dialog.proposal.discs[0].plan.files) == 6
    model = content.model
    box = Qt.ItemDataRole.CheckStateRole
    assert model.index(0, 0).data(box) == Qt.CheckState.PartiallyChecked
    model.setData(model.index(0, 0), Qt.CheckState.Unchecked.value, box)
    ready(qtbot, dialog)
    assert "No patient or study is chosen" in told(dialog, Place.CONTENT)
    assert not dialog.make_button.isEnabled()
    model.setData(model.index(1, 0), Qt.CheckState.Checked.value, box)
    ready(qtbot, dialog)
    make(qtbot, dialog)
    made = FileSet(tmp_path / "out" / "DICOMDIR")
    assert {one.StudyInstanceUID for one in made} == {"1.2.3.3"}
    assert made.UID != large.UID
