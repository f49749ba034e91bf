"""What the layers below say stands in the way is shown in the language of the window."""

from __future__ import annotations

import ast
import pickle
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QLabel

import dicomdir_studio
from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import language
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.medium.choices import Choices
from dicomdir_studio.gui.medium.matrix import MatrixRows
from dicomdir_studio.gui.models.columns import state_text
from dicomdir_studio.gui.models.outcomes import Outcome
from dicomdir_studio.gui.panels.findings import FindingsPanel
from dicomdir_studio.gui.phrases import in_language, in_one_line
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Target
from dicomdir_studio.phrases import Phrase, either, listed, said, with_reason
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.making.proposal import Hindrance, Place
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

SAYING = {"Hindrance", "Obstacle", "UnfitForMediumError", "MediumTooSmallError"}
FOLDERS = ("media", "session/making")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """Show texts in German, numbers too."""
    before = QLocale()
    installed = language.use_language(qapp, "de")
    QLocale.setDefault(QLocale("de_DE"))
    yield
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def test_a_phrase_is_its_english_text() -> None:
    """It compares, joins and is written like any text, and comes through another process."""
    phrase = said("{0} takes {1:,} bytes, {2:,} more than the medium holds", "It", 12345, 2)
    assert phrase == "It takes 12,345 bytes, 2 more than the medium holds"
    assert f"{phrase}." == "It takes 12,345 bytes, 2 more than the medium holds."
    again = pickle.loads(pickle.dumps(phrase))  # noqa: S301 - made here
    assert (again, again.template, again.values) == (phrase, phrase.template, phrase.values)
    error = pickle.loads(pickle.dumps(StudioError(phrase, why=said("it is empty"))))  # noqa: S301
    assert isinstance(error.what, Phrase)
    assert isinstance(error.why, Phrase)
    assert said("{0} is missing", "{a}") == "{a} is missing"


def test_phrases_are_put_together() -> None:
    """Lists, alternatives and reasons stay phrases; nothing put together is nothing."""
    assert listed(["a", "b", "c"]) == "a; b; c"
    assert either(["a"]) == "a"
    assert either(["a", "b", "c"]) == "a or b or c"
    assert listed([]) == ""
    assert with_reason("a", "b") == "a (b)"
    assert with_reason("a", None) == "a"


@pytest.mark.usefixtures("german")
def test_phrases_are_said_in_german() -> None:
    """Phrases within phrases are translated, numbers are grouped as there, the rest stays."""
    inner = said("Disc {0} of {1}", 2, 3)
    phrase = said("{0} takes {1:,} bytes, {2:,} more than the medium holds", inner, 12345, 2)
    assert in_language(phrase) == (
        "Medium 2 von 3 braucht 12.345 Byte, 2 mehr, als das Medium fasst"
    )
    told = with_reason(said("{0} is missing", "Rows"), "PS3.11 A")
    assert in_language(told) == "Rows fehlt (PS3.11 A)"
    assert in_language(either(["A", "B"])) == "A oder B"
    assert in_language("Text of another program") == "Text of another program"
    assert in_language(said("no such template {0}", "{x}")) == "no such template {x}"


@pytest.mark.usefixtures("german")
def test_hindrances_profiles_and_errors_are_shown_in_german(qtbot: QtBot, disc: Path) -> None:
    """The page, the matrix of profiles and the dialog for errors."""
    choices = Choices()
    qtbot.addWidget(choices)
    hindrance = Hindrance(
        Place.TARGET,
        said("A file {0} already exists", "/a.iso"),
        said("Choose another name; it is kept as it is"),
        detail=said("{0} is missing", "Rows"),
    )
    choices.tell([hindrance], {})
    told = choices.target.problem.text()
    assert told.startswith("! Es gibt schon eine Datei /a.iso. Wählen Sie einen anderen Namen; ")
    assert choices.target.problem.toolTip() == "Rows fehlt"
    fits = fit_profiles(plan_medium(FileSet(disc / "DICOMDIR")))
    rows = MatrixRows.of(fits, Target.ZIP).rows
    texts = " ".join(text for row in rows for text in row.texts)
    for word in ("lässt", "Schreiben Sie es in einen Ordner oder ein Disc-Abbild"):
        assert word in texts
    for word in (" is not allowed", "does not allow", "Write it to", "Leave these"):
        assert word not in texts
    dialog = ErrorDialog(StudioError(said("The File-set has no instances"), why="x"))
    qtbot.addWidget(dialog)
    labels = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("Das File-Set hat keine Instanzen" in text for text in labels)


@pytest.mark.usefixtures("german")
def test_what_opening_adding_and_writing_find_is_shown_in_german(
    disc: Path, tmp_path: Path
) -> None:
    """Findings with their place, refusals, and what keeps a File-set from being written."""
    max(disc.glob("77654033/CT2/*")).unlink()
    file_set = open_file_set(disc)
    (missing,) = file_set.findings
    assert re.fullmatch(r"Die Datei \S+ der Instanz \S+ fehlt", in_language(missing.what))
    assert re.match(r"IMAGE-Eintrag bei Byte \d+, Patient 776", in_language(missing.where))
    assert "bleibt erhalten" in in_language(missing.remedy)
    paper, empty = tmp_path / "paper.txt", tmp_path / "empty"
    paper.write_text("no image at all, but long enough to have been one" * 9)
    empty.write_bytes(b"")
    for refused in add_sources(file_set, [paper, empty]).report.refused:
        outcome = Outcome.of_refusal(refused.path, refused.error)
        assert outcome.reason.startswith("Die Datei ")
        assert not re.search(r"\b(the|it|is|has|no)\b", outcome.reason), outcome.reason
    archive = shutil.make_archive(str(tmp_path / "disc"), "zip", disc)
    (problem,) = open_file_set(archive).plan().problems
    assert in_language(problem).startswith(f"Das File-Set wurde aus {archive} ge")
    Path(archive).write_bytes(Path(archive).read_bytes()[:5000])
    with pytest.raises(StorageError) as cut_off:
        open_file_set(archive)
    line = in_one_line(cut_off.value)
    assert line.startswith(
        f"Das ZIP-Archiv ist abgeschnitten oder beschädigt: {archive} (sein Ende"
    )
    assert "entpackt 7-Zip" in line
    assert in_one_line(ValueError("any")) == "any"


def test_all_that_stands_in_the_way_is_said_as_data() -> None:
    """No hindrance, obstacle or refusal of a medium is a bare text that nobody can translate."""
    root = Path(dicomdir_studio.__file__).parent
    bare = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = (one for one in ast.walk(tree) if isinstance(one, ast.Call))
            bare += [
                f"{path.name}:{call.lineno}"
                for call in calls
                if getattr(call.func, "id", "") in SAYING and _has_bare_text(call)
            ]
    assert not bare


def _has_bare_text(call: ast.Call) -> bool:
    """Return whether an argument is a sentence that is not said as data."""
    told = [word.value for word in call.keywords if word.arg in {"what", "why", "remedy"}]
    for argument in (*call.args, *told):
        if isinstance(argument, ast.JoinedStr):
            return True
        if isinstance(argument, ast.Constant) and " " in str(argument.value):
            return not str(argument.value).startswith("PS3.")
    return False


@pytest.mark.usefixtures("german")
def test_findings_and_badges_are_german_words(disc: Path) -> None:
    """How grave a finding is, its place, and how many files of a series are missing."""
    for path in sorted(disc.glob("77654033/CT2/*"))[:2]:
        path.unlink()
    file_set = open_file_set(disc)
    panel = FindingsPanel()
    panel.set_file_set(file_set)
    assert panel.model.index(0, 0).data() == "! Fehler"
    assert "IMAGE-Eintrag bei Byte" in panel.text.text()
    assert state_text(file_set.tree.children[0]) == "! 2 fehlen"
    panel.deleteLater()
