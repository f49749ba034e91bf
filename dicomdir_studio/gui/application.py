"""The composition root of the window: everything is made here and handed on."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from dicomdir_studio import __version__
from dicomdir_studio.deferred import brought
from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import icons, style
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.language import spoken
from dicomdir_studio.gui.main_window import MainWindow
from dicomdir_studio.gui.memory import LANGUAGE, Memory, appearance_of
from dicomdir_studio.session import places
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.settings import SettingsStore
from dicomdir_studio.session.staging_store import StagingStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from dicomdir_studio.monitor import Monitor

_log = logging.getLogger(__name__)
_FAULTS = "faults.log"
_FAULT_LINES = 40
# Workers give the interpreter up this often (seconds): the window never waits long for it.
_SWITCH_INTERVAL = 0.0001
_AFTER_FIRST_PAINT_MS = 200
_NEEDED_TO_OPEN = (
    "numpy.ma",
    "pydicom.uid",
    "dicomdir_studio.fileset.loader",
    "dicomdir_studio.part10.directory_salvage",
)


def make_application(arguments: Sequence[str] = ()) -> QApplication:
    """Return the Qt application, made and named on the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(["dicomdir-studio", *arguments])
    app.setApplicationName("dicomdir-studio")
    app.setApplicationDisplayName("DICOMDIR Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("dicomdir-studio")
    app.setWindowIcon(icons.application_icon())
    return app


def make_window(
    runner: JobRunner, store: SettingsStore, staging: StagingStore | None = None
) -> MainWindow:
    """Return a window with all that it needs.

    Parameters
    ----------
    runner : JobRunner
        Its worker threads; the caller shuts it down.
    store : SettingsStore
        What is remembered.
    staging : StagingStore, optional
        Keeps what is staged; by default where the system keeps a program's data.
    """
    poller = JobPoller(runner)
    window = MainWindow(poller, Memory(store, poller), staging or StagingStore())
    poller.setParent(window)
    return window


def get_ready(runner: JobRunner) -> None:
    """Import what opening a File-set takes while the user chooses one.

    That is a tenth of a second of the first opening. Whoever is faster waits for the same
    imports there.

    Parameters
    ----------
    runner : JobRunner
        Does it beside the window.
    """

    def work(monitor: Monitor) -> None:
        for name in _NEEDED_TO_OPEN:
            monitor.check()
            brought(name)

    with suppress(StudioError):  # the window was closed at once
        runner.submit("Getting ready", work)


def run_window(paths: Sequence[str]) -> int:
    """Open the window, and in it the File-sets at `paths`, until it is closed.

    Parameters
    ----------
    paths : sequence of str
        DICOMDIRs or the folders that hold them.

    Returns
    -------
    int
        The exit code of the program.
    """
    app = make_application()
    store = SettingsStore()
    language = str(store.settings.preferences.get(LANGUAGE, ""))
    with watched_faults() as fault, JobRunner() as runner, spoken(app, language):
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        # Before the window, which measures its headings in the style that they are painted in.
        style.apply_style(app, appearance_of(store.settings))
        window = make_window(runner, store)
        app.styleHints().colorSchemeChanged.connect(
            lambda _scheme: style.apply_style(app, window.memory.appearance)
        )
        with caught_errors(window):
            window.show()
            for path in paths:
                window.open_path(Path(path).absolute())
            QTimer.singleShot(_AFTER_FIRST_PAINT_MS, window, lambda: get_ready(runner))
            QTimer.singleShot(0, window, lambda: _tell_first(window, store, fault))
            code = app.exec()
        sys.setswitchinterval(before)
    return code


def _tell_first(window: MainWindow, store: SettingsStore, fault: StudioError | None) -> None:
    """Say what went wrong before the window came up."""
    if fault is not None:
        show_error(window, fault)
    if store.notice:
        show_error(window, StudioError("The settings could not be used", why=store.notice))
    window.offer_pending()
    window.keeping.clear_leftovers()


@contextmanager
def caught_errors(window: MainWindow) -> Iterator[None]:
    """Show errors that nothing foresaw in a dialog, instead of ending in silence."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        _log.error("Unforeseen error", exc_info=(kind, error, trace))
        with suppress(RuntimeError):  # the window is gone already
            show_error(window, error)

    def note(told: threading.ExceptHookArgs) -> None:
        _log.error("Unforeseen error in %s", told.thread, exc_info=told.exc_value)

    before, before_thread = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = show, note
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_thread


@contextmanager
def watched_faults() -> Iterator[StudioError | None]:
    """Write down where the program was if it ends by a fault of the machine's kind.

    Yields
    ------
    StudioError or None
        What the last run left there, to be shown now.
    """
    path = places.log_dir() / _FAULTS
    last = read_faults(path)
    file: TextIO | None = None
    was_enabled = faulthandler.is_enabled()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
        faulthandler.enable(file)
    try:
        yield last
    finally:
        if file is not None:
            faulthandler.disable()
            file.close()
            if was_enabled and sys.__stderr__ is not None:
                faulthandler.enable(sys.__stderr__)
            with suppress(OSError):
                path.unlink()


def read_faults(path: Path) -> StudioError | None:
    """Return what a run that ended by a fault wrote down, None if the last one ended well."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    if not lines:
        return None
    return StudioError(
        "The program ended unexpectedly the last time",
        where=path,
        why="\n".join(lines[:_FAULT_LINES]),
        remedy="What was written to media is whole. Copy this report to whoever can help",
    )
