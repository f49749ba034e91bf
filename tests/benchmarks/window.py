"""The real window, offscreen, with a heartbeat: ``python -m tests.benchmarks.window ...``.

Arguments: a DICOMDIR, a folder of files to be added, a folder to be written, and
``--trace`` to say where all threads were whenever a beat was late. Without the two folders
it only opens, stages, searches, sorts and closes; with ``--first-rows`` it only opens. A
timer beats in the event loop; the time between two beats, less the timer's interval, is how
long the window could not have answered. Prints one JSON object with the longest pause by
phase.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from dicomdir_studio.gui import application, style
from dicomdir_studio.gui.models.columns import Column
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.settings import SettingsStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from dicomdir_studio.fileset import WritePlan
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

BEAT_MS: Final = 2
# As in the program's own loop: it sleeps until there is something to do, the next beat say.
_UNTIL_SOMETHING: Final = (
    QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
)
_PATIENCE_SECONDS: Final = 300.0
_SETTLE_SECONDS: Final = 0.5
_LATE_SECONDS: Final = 0.025
_LOOK_SECONDS: Final = 0.005
_LAST_WORDS: Final = 4
FAILURES: list[BaseException] = []


class Heartbeat(QObject):
    """Notes the longest time between two passes of the event loop.

    `longest` is by the clock, `busiest` in processor time of this thread: what it did
    itself, without the waits that other work on the machine and other threads cause.
    """

    def __init__(self) -> None:
        super().__init__()
        self.last = time.perf_counter()
        self.longest = self.busiest = 0.0
        self.late = 0
        self._used = time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def start_over(self) -> None:
        """Begin a new phase."""
        self.last, self.longest, self.late = time.perf_counter(), 0.0, 0
        self._used, self.busiest = time.thread_time(), 0.0

    def _beat(self) -> None:
        """Note how long ago the last beat was."""
        now = time.perf_counter()
        pause = now - self.last - BEAT_MS / 1e3
        self.longest = max(self.longest, pause)
        self.late += pause > _LATE_SECONDS
        self.last = now
        used = time.thread_time()
        self.busiest, self._used = max(self.busiest, used - self._used), used


class FirstRows(QObject):
    """Notes when a view has painted rows for the first time."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.when: float | None = None
        document.view.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """See the paint events; one with rows counts when it is over."""
        is_paint = event.type() == QEvent.Type.Paint
        if self.when is None and is_paint and self._document.model.rowCount() > 0:
            QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        """Note the time after the paint event."""
        if self.when is None:
            self.when = time.perf_counter()


class Tracer(threading.Thread):
    """Looks at the GUI thread whenever its heartbeat is late."""

    def __init__(self, heart: Heartbeat) -> None:
        super().__init__(daemon=True)
        self._heart = heart
        self._gui = threading.get_ident()
        self.phase = "idle"
        self.seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.ended = threading.Event()

    def run(self) -> None:
        """Look every few milliseconds."""
        last = time.perf_counter()
        while not self.ended.wait(_LOOK_SECONDS):
            now = time.perf_counter()
            held, last = now - last > _LATE_SECONDS, now
            if not held and now - self._heart.last < _LATE_SECONDS:
                continue
            frames = sys._current_frames()
            words = [f"window: {_place(frames.get(self._gui))}"]
            words += [
                f"{thread.name}: {_place(frames.get(thread.ident or 0))}"
                for thread in threading.enumerate()
                if thread.ident not in {self._gui, self.ident}
            ]
            words.append("nobody got the interpreter" if held else "")
            self.seen[self.phase]["\n      ".join(words)] += 1

    def end(self) -> None:
        """Look no more, and say what was seen."""
        self.ended.set()
        for phase, seen in self.seen.items():
            for words, count in seen.most_common(_LAST_WORDS):
                sys.stderr.write(f"{phase}\n{count:5d} {words}\n")


def _place(frame: FrameType | None) -> str:
    """Return the innermost places in our code that a thread is at."""
    ours = [
        f"{Path(part.filename).name}:{part.lineno} {part.name}"
        for part in traceback.extract_stack(frame)
        if "dicomdir_studio" in part.filename
    ]
    return " < ".join(reversed(ours[-3:])) or "Qt"


class Session:
    """A person at the window, working through the phases."""

    def __init__(self, window: MainWindow, heart: Heartbeat, tracer: Tracer) -> None:
        self._window = window
        self._heart = heart
        self._tracer = tracer
        # A dialog that nobody closes would be all that is seen of an error.
        window.show_failure = _keep_failure  # type: ignore[method-assign]
        self.found: dict[str, Any] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Take the longest pause and the time of what is done inside."""
        self._heart.start_over()
        self._tracer.phase = name
        begin = time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        settle()
        self.found[name] = {
            "pause": self._heart.longest,
            "busy": self._heart.busiest,
            "late": self._heart.late,
            "seconds": seconds,
        }

    def open(self, dicomdir: str) -> Document:
        """Open a File-set and wait for its rows to be seen."""
        with self.phase("open"):
            begin = time.perf_counter()
            document = self._window.open_path(Path(dicomdir))
            rows = FirstRows(document)
            wait(lambda: rows.when is not None and document.can_edit)
        assert rows.when is not None
        self.found["first rows"] = rows.when - begin
        return document

    def stage(self, document: Document) -> None:
        """Remove every other patient, and undo and redo it."""
        assert document.file_set is not None
        chosen = document.file_set.tree.children[::2]
        acts: dict[str, Callable[[], None]] = {
            "remove": lambda: document.remove(chosen),
            "undo": self._window.table["undo"].trigger,
            "redo": self._window.table["redo"].trigger,
        }
        for name, act in acts.items():
            with self.phase(name):
                act()
                wait(lambda: document.can_edit)

    def look(self, document: Document) -> None:
        """Search for all instances, sort what was found, and sort the tree."""
        search = self._window.panels.search
        with self.phase("search"):
            self._window.table["find"].trigger()
            wait(search.view.isVisible)  # nobody types before the panel is there
            search.search_for("Modality", "OT")
            wait(lambda: len(search.model.rows) > 0)
        with self.phase("sort found"):
            search.view.header().sectionClicked.emit(0)
            wait(search.view.header().isSortIndicatorShown)
        for column in (Column.SIZE, Column.NAME):
            with self.phase(f"sort by {column.name.lower()}"):
                document.view.header().setSortIndicator(column, Qt.SortOrder.DescendingOrder)
                wait(lambda: not document.model.sorting.is_running)
        with self.phase("select all"):
            document.view.setFocus()
            document.view.selectAll()

    def close(self, document: Document) -> None:
        """Close the tab, and sweep up as when nobody has been there for a while."""
        self._window.closing.discard(document)
        with self.phase("close"):
            self._window.close_document(document)
        with self.phase("sweep"):
            wait(lambda: not self._window.sweeping.is_wanted)

    def add(self, folder: str) -> Document:
        """Add a folder of files to a new File-set."""
        document = self._window.new_document()
        wait(lambda: document.can_edit)
        with self.phase("add"):
            document.add([folder])
            wait(lambda: document.can_edit)
        return document

    def write(self, document: Document, target: str) -> None:
        """Plan and write the new File-set."""
        file_set = document.file_set
        assert file_set is not None
        plans: list[WritePlan] = []
        with self.phase("plan"):
            self._window._poller.submit(
                "Planning",
                lambda _monitor: file_set.plan(target),
                on_done=plans.append,
                on_failed=_keep_failure,
            )
            wait(lambda: bool(plans))
        with self.phase("write"):
            document.execute(plans[0], verify=False)
            wait(lambda: document.can_edit)


def _keep_failure(error: BaseException | None) -> None:
    """Keep an error that the window would show."""
    if error is not None:
        FAILURES.append(error)


def wait(done: Callable[[], bool]) -> None:
    """Let the window work until something is done."""
    app = QApplication.instance()
    assert app is not None
    end = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if FAILURES:
            raise RuntimeError("The window has shown an error") from FAILURES[0]
        if time.monotonic() > end:
            raise TimeoutError("The window did not get ready")
        app.processEvents(_UNTIL_SOMETHING)


def settle() -> None:
    """Let all that is under way be painted, and let workers give back what they hold."""
    end = time.monotonic() + _SETTLE_SECONDS
    wait(lambda: time.monotonic() > end)


def first_rows(window: MainWindow, dicomdir: str) -> dict[str, float]:
    """Return how long it takes from the wish to open a File-set to its first rows.

    Without a heartbeat: that wakes the window five hundred times in a second, and takes
    the interpreter from the job each time.
    """
    begin = time.perf_counter()
    document = window.open_path(Path(dicomdir))
    rows = FirstRows(document)
    wait(lambda: rows.when is not None)
    wait(lambda: document.can_edit)
    assert rows.when is not None
    return {"first rows": rows.when - begin, "files found": time.perf_counter() - begin}


def work(session: Session, dicomdir: str, folders: list[str]) -> dict[str, Any]:
    """Work through the phases and return what was found."""
    with session.phase("idle"):
        settle()
    document = session.open(dicomdir)
    session.stage(document)
    session.look(document)
    session.close(document)
    if folders:
        document = session.add(folders[0])
        session.write(document, folders[1])
        session.close(document)
    return session.found


def main() -> int:
    """Measure what was asked for and print what was found."""
    dicomdir, *folders = [given for given in sys.argv[1:] if not given.startswith("--")]
    app = application.make_application()
    sys.setswitchinterval(application._SWITCH_INTERVAL)
    with tempfile.TemporaryDirectory() as home, JobRunner() as runner:
        os.environ["DICOMDIR_STUDIO_HOME"] = home
        window = application.make_window(runner, SettingsStore(Path(home) / "settings.json"))
        style.apply_style(app, window.memory.appearance)
        window.show()
        application.get_ready(runner)
        settle()
        if "--first-rows" in sys.argv:
            found: dict[str, Any] = first_rows(window, dicomdir)
        else:
            heart = Heartbeat()
            tracer = Tracer(heart)
            if "--trace" in sys.argv:
                tracer.start()
            found = work(Session(window, heart, tracer), dicomdir, folders)
            tracer.end()
        window.close()
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
