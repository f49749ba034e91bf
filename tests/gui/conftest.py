"""Windows, models and real files for the tests of the desktop face."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from pydicom.uid import UID, generate_uid
from PySide6.QtWidgets import QApplication

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import style
from dicomdir_studio.gui.application import make_window
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.models.records import RecordTreeModel
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.settings import Settings, SettingsStore
from tests.bundled import sample
from tests.gui.conflicts import write
from tests.gui.making import PATIENCE
from tests.gui.watching import watch
from tests.media.samples import write_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

SAMPLE_PARTS = ("DICOMDIR", "77654033", "98892001", "98892003")

# What the offscreen platform says of itself, whatever the program does.
_PLATFORM_SAYS = r"This plugin does not support (propagateSizeHints|raise|grabbing the keyboard)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the complaints of the offscreen platform pass in the tests of this folder."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.qt_log_ignore(_PLATFORM_SAYS, extend=True))


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """Return a writable copy of pydicom's sample File-set: 31 instances of 2 patients."""
    source = sample("dicomdirtests/DICOMDIR").parent
    root = tmp_path / "disc"
    root.mkdir()
    for part in SAMPLE_PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, root / part)
        else:
            shutil.copyfile(source / part, root / part)
    return root


@pytest.fixture
def file_set(sample_dir: Path) -> FileSet:
    """Open the sample File-set of 31 instances."""
    return FileSet(sample_dir / "DICOMDIR")


@pytest.fixture
def series_of(tmp_path: Path) -> Callable[[int], list[Path]]:
    """Return a maker of small DICOM files that all belong to one series."""

    def make(amount: int) -> list[Path]:
        folder = tmp_path / "series"
        folder.mkdir()
        ds = dcmread(sample("MR_small.dcm"))
        del ds.PixelData
        base = f"{ds.SeriesInstanceUID}.77"
        ds.SeriesInstanceUID = UID(base)
        paths = []
        for number in range(1, amount + 1):
            ds.InstanceNumber = number
            ds.SOPInstanceUID = UID(f"{base}.{number}")
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            path = folder / f"im{number:05d}.dcm"
            ds.save_as(path)
            paths.append(path)
        return paths

    return make


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    """Return worker threads that have ended when the test has."""
    with JobRunner() as made:
        yield made


@pytest.fixture
def poller(qtbot: QtBot, runner: JobRunner) -> JobPoller:
    """Return what tells the window how its jobs go."""
    return JobPoller(runner)


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    """Return settings that touch nobody's own."""
    return SettingsStore(tmp_path / "settings" / "settings.json")


@pytest.fixture
def model(qapp: QApplication) -> RecordTreeModel:
    """Return an empty model with Qt's own tester attached for good."""
    made = RecordTreeModel()
    watch(made)
    return made


@pytest.fixture
def window(qtbot: QtBot, runner: JobRunner, store: SettingsStore) -> Iterator[MainWindow]:
    """Return a window that is shown, and closed without questions after the test."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply_style(app, style.Appearance.LIGHT)
    made = make_window(runner, store)
    made.resize(1200, 760)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    for document in made.documents():
        if document.job is not None:
            document.job.cancel()
            qtbot.waitUntil(lambda: all(not one.is_busy for one in made.documents()))
        made.closing.discard(document)
    made.close()
    qtbot.waitUntil(lambda: not runner.jobs)
    made.deleteLater()
    gc.unfreeze()


@pytest.fixture
def make_second(qtbot: QtBot, runner: JobRunner, store: SettingsStore) -> Callable[[], MainWindow]:
    """Return a maker of a further window that starts from what the settings file says."""

    def make() -> MainWindow:
        made = make_window(runner, SettingsStore(store.path))
        with qtbot.waitExposed(made):
            made.show()
        return made

    return make


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, disc: Path) -> Document:
    """Return the document of the sample set, loaded, with the model tester attached."""
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    watch(document.model)
    return document


@pytest.fixture
def staged(disc: Path) -> FileSet:
    """Stage two additions and one removal on the sample File-set: 32 instances then."""
    fs = FileSet(disc / "DICOMDIR")
    fs.ID = "SAMPLE"
    fs.add_many([sample(name) for name in ("CT_small.dcm", "MR_small.dcm")])
    fs.stage_removal([next(iter(fs))])
    return fs


@pytest.fixture
def large(tmp_path: Path) -> FileSet:
    """Stage 3 studies of 2 series of 3 CT images, of some 20 KB each."""
    file_set = FileSet()
    file_set.ID = "LARGE"
    for study in range(3):
        for series in range(2):
            paths = write_series(tmp_path / "sources", study, series, count=3, side=100)
            assert not file_set.add_many(paths).refused
    return file_set


@pytest.fixture
def open_dialog(qtbot: QtBot) -> Iterator[Callable[..., MediumDialog]]:
    """Return a maker of shown dialogs with testers on all models; they end with the test."""
    made: list[MediumDialog] = []

    def make(file_set: FileSet, **more: object) -> MediumDialog:
        dialog = MediumDialog(file_set, Settings(), **more)  # type: ignore[arg-type]
        made.append(dialog)
        page = dialog.page
        for model in (
            page.discs.model,
            page.matrix,
            page.choices.content.model,
            dialog.progress_page.model,
            dialog.result_page.model,
        ):
            watch(model)
        dialog.show()
        qtbot.waitUntil(lambda: dialog.page.choices.content.model.rowCount() > 0, timeout=PATIENCE)
        return dialog

    yield make
    for dialog in made:
        scratch = Path(dialog._proposing.scratch)
        dialog.done(0)
        qtbot.waitUntil(lambda scratch=scratch: not scratch.exists())  # type: ignore[misc]
        dialog.deleteLater()


@pytest.fixture
def two_names(tmp_path: Path) -> list[Path]:
    """Give three files of one Patient ID, the last two with another name."""
    names = ("One^Person", "Another^Person", "Another^Person")
    return [
        write(tmp_path / f"{number}.dcm", PatientName=name, SOPInstanceUID=generate_uid())
        for number, name in enumerate(names)
    ]
