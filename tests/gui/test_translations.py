"""Every text of the window can be translated, and translations say as much as the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import QApplication, QWidget

from dicomdir_studio.gui import application, language
from dicomdir_studio.gui.models.plan import Act, PlanModel, PlannedFile
from tests.texts import FOLDER, sources, texts, translations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.session.jobs import JobRunner
    from dicomdir_studio.session.settings import SettingsStore

FILES = sorted(FOLDER.glob("*.ts"))
_PLACE = re.compile(r"\{[^}]*\}")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """Show texts in German."""
    installed = language.use_language(qapp, "de")
    assert len(installed) == 2
    yield
    for translator in installed:
        qapp.removeTranslator(translator)


def test_there_is_a_translation() -> None:
    """German is there, beside the English of the source."""
    assert "de" in [path.stem for path in FILES]
    assert language.languages() == {"en": "English", "de": "Deutsch"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_every_text_is_there_to_be_translated(path: Path) -> None:
    """No text is missing and none is left over; ``python -m tests.texts`` brings them in."""
    wanted, there = set(texts()), sources(path)
    assert len(wanted) > 500
    assert sorted(wanted - there) == []
    assert sorted(there - wanted) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_translations_keep_places_keys_and_dots(path: Path) -> None:
    """Values go to the same places, a key stays a key, and what asks for more says so."""
    for text, told in translations(path).items():
        assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(told)), text
        assert text.count("&") == told.count("&"), text
        assert text.endswith("…") == told.endswith("…"), text
        assert text.count("\n") == told.count("\n"), text
        assert (text[:1].isspace(), text[-1:].isspace()) == (
            told[:1].isspace(),
            told[-1:].isspace(),
        ), text


@pytest.mark.usefixtures("german")
def test_the_compiled_file_is_that_of_the_source() -> None:
    """What the program loads is what the ``.ts`` file says."""
    for text, told in translations(FOLDER / "de.ts").items():
        assert QCoreApplication.translate("any", text) == told


@pytest.mark.usefixtures("german")
def test_what_is_not_translated_is_shown_as_it_is(qapp: QApplication) -> None:
    """A text that no file has, Qt's own buttons, and an empty text."""
    assert QWidget().tr("No such text") == "No such text"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert QCoreApplication.translate("any", "") == ""
    assert qapp is not None


@pytest.mark.usefixtures("german")
def test_the_window_speaks_german(qtbot: QtBot, runner: JobRunner, store: SettingsStore) -> None:
    """Menus, toolbar, panels and tables are translated, and no key of a menu comes twice."""
    window = application.make_window(runner, store)
    qtbot.addWidget(window)
    window.new_document()
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == ["&Datei", "&Bearbeiten", "&Eintrag", "&Ansicht", "&Hilfe"]
    for action in window.menuBar().actions():
        keys = [
            text[text.index("&") + 1].casefold()
            for one in action.menu().actions()  # type: ignore[attr-defined]
            if "&" in (text := one.text())
        ]
        assert len(keys) == len(set(keys)), (action.text(), keys)
    model = window.documents()[0].model
    assert [model.headerData(column, Qt.Orientation.Horizontal) for column in range(6)] == [
        "Name", "Datum", "Modalität", "Instanzen", "Größe", "Zustand",
    ]  # fmt: skip
    assert window.status.staged.text() == "Nichts vorgemerkt"
    window.closing.discard(window.documents()[0])
    window.close()


def test_the_language_is_chosen_for_the_next_start(window: MainWindow) -> None:
    """The menu remembers the language, and nothing changes before the next start."""
    menu = window.table.menus["language"]
    names = [action.text() for action in menu.actions()]
    assert names[1:] == ["English", "Deutsch"]
    assert menu.actions()[0].isChecked()
    menu.actions()[2].trigger()
    assert window.memory.language == "de"
    assert window.memory.settings.preferences["language"] == "de"


@pytest.mark.parametrize(("system", "wanted"), [("de_AT", "de"), ("fr_FR", "en"), ("en_GB", "en")])
def test_the_system_says_the_language(
    monkeypatch: pytest.MonkeyPatch, system: str, wanted: str
) -> None:
    """Without a choice the first language of the system counts; an unknown choice is none."""
    locale = type("Locale", (), {"uiLanguages": lambda _self: [system]})
    monkeypatch.setattr(QLocale, "system", staticmethod(locale))
    assert language.language_of("") == wanted
    assert language.language_of("xx") == wanted
    assert language.language_of("de") == "de"


def test_the_words_of_a_plan_are_translated(german: None) -> None:
    """What happens to each file of a plan is said in the language of the page."""
    assert german is None
    plan = PlanModel()
    plan.set_rows([PlannedFile(act, "A", "", 1) for act in Act])
    words = [plan.index(row, 0).data().split(" ", 1)[1] for row in range(len(Act))]
    assert words == ["Hinzufügen", "Kopieren", "Umbenennen", "Entfernen"]
