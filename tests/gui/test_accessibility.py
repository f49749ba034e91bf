"""Whoever cannot see the window, or has no mouse: names, keys and the way of the focus.

Every dialog and the window itself, in every language that there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from pydicom.data import get_testdata_file
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QSpinBox,
    QTabBar,
    QWidget,
)

from dicomdir_studio.errors import NotDicomError, StudioError
from dicomdir_studio.fileset import FileSet, Finding, Severity
from dicomdir_studio.gui import language
from dicomdir_studio.gui.dialogs.about import AboutDialog
from dicomdir_studio.gui.dialogs.charsets import CharsetDialog
from dicomdir_studio.gui.dialogs.close_changes import CloseDialog
from dicomdir_studio.gui.dialogs.conflicts import ConflictDialog
from dicomdir_studio.gui.dialogs.copy_target import CopyTargetDialog
from dicomdir_studio.gui.dialogs.drop_directory import DropDirectoryDialog
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.private_record import PrivateRecordDialog
from dicomdir_studio.gui.dialogs.properties import PropertiesDialog
from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.models.outcomes import outcomes_of
from dicomdir_studio.session.settings import Settings
from dicomdir_studio.session.staged_work import StagedAddition, StagedWork
from tests.fileset.names import disc_with
from tests.media.samples import write_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.main_window import MainWindow

CONTROLS: Final = (
    QAbstractButton, QComboBox, QLineEdit, QSpinBox, QAbstractItemView, QPlainTextEdit, QTabBar,
)  # fmt: skip
PARTS: Final = (QScrollBar, QHeaderView)
"""What belongs to a control that has a name."""


@pytest.fixture(params=sorted(language.languages()))
def spoken(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    """Show texts in each language in turn."""
    installed = language.use_language(qapp, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)


def about(**_: Any) -> QDialog:
    """Return the dialog about the program."""
    return AboutDialog()


def charsets(tmp_path: Path, **_: Any) -> QDialog:
    """Return the dialog for readings of names, with one that cannot be read as declared."""
    (tmp_path / "garbled").mkdir()
    disc = disc_with(tmp_path / "garbled", (None, "\u738b^\u5c0f\u4e1c".encode("gb18030")))
    return CharsetDialog([one for one in FileSet(disc).readings() if not one.sound])


def closing(file_set: FileSet, **_: Any) -> QDialog:
    """Return the question before staged work is closed."""
    return CloseDialog(file_set)


def conflicts(poller: JobPoller, tmp_path: Path, **_: Any) -> QDialog:
    """Return the dialog about conflicts, with a Patient ID of two persons."""
    file_set = FileSet()
    paths = [
        *write_series(tmp_path / "one", 0, 0, count=1, PatientID="1", PatientName="One"),
        *write_series(tmp_path / "other", 1, 0, count=1, PatientID="1", PatientName="Other"),
    ]
    found = file_set.add_many(paths).conflicts
    assert found
    return ConflictDialog(found, poller, undo=lambda: None)


def copying(file_set: FileSet, **_: Any) -> QDialog:
    """Return the dialog for the folder of a copy."""
    return CopyTargetDialog(file_set, Settings())


def dropping(**_: Any) -> QDialog:
    """Return the question about a dropped DICOMDIR."""
    return DropDirectoryDialog(None, ["/media/disc/DICOMDIR"])


def error(**_: Any) -> QDialog:
    """Return the dialog for an error."""
    return ErrorDialog(StudioError("It failed", where="/a", why="no", remedy="Try again"))


def outcome(**_: Any) -> QDialog:
    """Return the list of what came of adding."""
    refused = [("/in/b.txt", NotDicomError("The file is not DICOM"))]
    findings = [Finding(Severity.ERROR, "Two names", "/in/c.dcm", "PS3.3 F.5.1", "Look")]
    return OutcomeDialog(outcomes_of(refused, findings), undo=lambda: None)


def private(file_set: FileSet, **_: Any) -> QDialog:
    """Return the dialog for a private record."""
    return PrivateRecordDialog(next(iter(file_set)).node)


def properties(file_set: FileSet, **_: Any) -> QDialog:
    """Return the dialog for the properties of a File-set."""
    return PropertiesDialog(file_set)


def recovery(**_: Any) -> QDialog:
    """Return the dialog about staged work of before."""
    return RecoveryDialog([StagedWork("/disc", "1.2", [StagedAddition("/a", "1")], [], {})])


def planning(file_set: FileSet, poller: JobPoller, **_: Any) -> QDialog:
    """Return the plan of a write."""
    return WritePlanDialog(lambda layout, _monitor: file_set.plan(layout=layout), poller)


def medium(file_set: FileSet, **_: Any) -> QDialog:
    """Return the dialog that makes media."""
    return MediumDialog(file_set, Settings())


DIALOGS: Final = (
    about, charsets, closing, conflicts, copying, dropping, error, outcome, private, properties,
    recovery, planning, medium,
)  # fmt: skip


@pytest.fixture
def shown(
    request: pytest.FixtureRequest, disc: Path, poller: JobPoller, qtbot: QtBot, spoken: str
) -> Iterator[QDialog]:
    """Show a dialog in a language."""
    make: Callable[..., QDialog] = request.param
    file_set = FileSet(disc / "DICOMDIR")
    file_set.add(str(get_testdata_file("CT_small.dcm")))
    dialog = make(file_set=file_set, poller=poller, tmp_path=disc.parent)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.wait(100)
    assert spoken
    yield dialog
    dialog.done(0)
    qtbot.waitUntil(lambda: not poller.is_busy if hasattr(poller, "is_busy") else True)


def controls_of(top: QWidget) -> list[QWidget]:
    """Return the controls that are shown, without the parts of others."""
    return [
        widget
        for kind in CONTROLS
        for widget in top.findChildren(kind)
        if widget.isVisible()
        and not isinstance(widget, PARTS)
        and not isinstance(widget.parent(), QComboBox | QSpinBox)
    ]


def said_of(widget: QWidget) -> str:
    """Return what a screen reader calls a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return str(interface.text(QAccessible.Text.Name))


def described(widget: QWidget) -> str:
    """Return a widget so that it is found in the source."""
    above = widget.parentWidget()
    return f"{type(widget).__name__} {widget.objectName()!r} in {type(above).__name__}"


def keys_of(top: QWidget) -> list[tuple[str, str]]:
    """Return the mnemonics that are shown, each with its text."""
    texts = [one.text() for one in top.findChildren(QAbstractButton) if one.isVisible()]
    texts += [
        one.text()
        for one in top.findChildren(QLabel)
        if one.buddy() is not None and one.isVisible()
    ]
    bare = (text.replace("&&", "") for text in texts)
    return [(text[text.index("&") + 1].lower(), text) for text in bare if "&" in text]


def assert_no_key_twice(top: QWidget) -> None:
    """Fail if one mnemonic leads to two controls."""
    seen: dict[str, str] = {}
    for key, text in keys_of(top):
        assert key not in seen, f"{text!r} and {seen[key]!r}"
        seen[key] = text


def tabbed_through(top: QWidget, qtbot: QtBot) -> list[QWidget]:
    """Return what has the focus one after the other, as Tab is pressed, until it comes round."""
    first = QApplication.focusWidget() or top
    seen: list[QWidget] = []
    widget = first
    for _ in range(150):
        if widget in seen:
            return seen
        seen.append(widget)
        # Within a text field or a tree Tab may mean something else; Ctrl+Tab never does.
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
        following = QApplication.focusWidget()
        assert following is not None
        assert following is not widget, f"the focus does not leave {described(widget)}"
        widget = following
    pytest.fail("Tab does not come round")


@pytest.mark.parametrize("shown", DIALOGS, indirect=True, ids=lambda one: str(one.__name__))
def test_a_dialog_is_used_without_seeing_it_and_without_a_mouse(
    shown: QDialog, qtbot: QtBot
) -> None:
    """Each control has a name, no key leads to two, and Tab reaches what the mouse does."""
    controls = controls_of(shown)
    assert controls
    assert shown.windowTitle()
    assert not [described(one) for one in controls if not said_of(one).strip()]
    assert_no_key_twice(shown)
    if not any(one.focusPolicy() & Qt.FocusPolicy.TabFocus for one in controls):
        return
    seen = tabbed_through(shown, qtbot)
    wanted = [
        one
        for one in controls
        if one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible()
    ]
    # Of radio buttons that belong together one has the focus; arrows lead to the others.
    missed = [one for one in wanted if one not in seen and not _is_grouped(one, seen)]
    assert not [described(one) for one in missed]


def _is_grouped(widget: QWidget, seen: list[QWidget]) -> bool:
    """Return whether a button is one of several of which another one was reached."""
    if not isinstance(widget, QAbstractButton) or not widget.autoExclusive():
        return False
    return any(one.parent() is widget.parent() for one in seen if isinstance(one, type(widget)))


@pytest.mark.parametrize(
    "shown", [copying, properties, private, planning, medium], indirect=True,
    ids=lambda one: str(one.__name__),
)  # fmt: skip
def test_labels_lead_to_their_fields(shown: QDialog) -> None:
    """A label with a key has a buddy that takes the focus."""
    for label in shown.findChildren(QLabel):
        text = label.text().replace("&&", "")
        if label.isVisible() and "&" in text and label.textFormat() is not Qt.TextFormat.PlainText:
            buddy = label.buddy()
            assert buddy is not None, text
            assert buddy.focusPolicy() != Qt.FocusPolicy.NoFocus, text


@pytest.mark.parametrize("shown", [properties, private], indirect=True, ids=["one", "two"])
def test_the_focus_goes_down_the_page(shown: QDialog, qtbot: QtBot) -> None:
    """The order of the keyboard is that of the eye: fields from the top down."""
    fields = [one for one in tabbed_through(shown, qtbot) if isinstance(one, QLineEdit)]
    tops = [one.mapTo(shown, QPoint()).y() for one in fields]
    first = tops.index(min(tops))
    assert tops[first:] + tops[:first] == sorted(tops)


@pytest.mark.usefixtures("spoken")
def test_the_window_is_used_without_seeing_it(
    window: MainWindow, opened: Document, qtbot: QtBot
) -> None:
    """All panels shown: each control has a name, no shortcut or key means two things."""
    for action in window.table.menus["view"].actions():
        if action.isCheckable() and not action.isChecked() and action.isEnabled():
            action.trigger()
    qtbot.wait(50)
    assert opened.file_set is not None
    nameless = [described(one) for one in controls_of(window) if not said_of(one).strip()]
    assert not nameless
    shortcuts: dict[str, str] = {}
    for action in window.findChildren(type(window.table.menus["view"].menuAction())):
        # What the panels have for themselves counts only where they have the focus.
        here = action.shortcutContext() is Qt.ShortcutContext.WindowShortcut
        for sequence in action.shortcuts() if here else ():
            key = sequence.toString(QKeySequence.SequenceFormat.PortableText)
            assert shortcuts.setdefault(key, action.text()) == action.text(), key
    titles = [action.text() for action in window.menuBar().actions()]
    keys = [title[title.index("&") + 1].lower() for title in titles]
    assert len(set(keys)) == len(keys)
