"""What every test may count on: offscreen Qt, its own home, judges, samples, no threads left."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from pydicom.data import get_testdata_file

from tests.judges import Judges
from tests.pyside_guard import references_to_none_lost

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Screenshots and layouts must not depend on the person's desktop.
os.environ.setdefault("QT_STYLE_OVERRIDE", "Fusion")

# Whoever starts the tests under nohup lets them ignore what some of them send to programs that
# they start, and programs inherit that.
for _name in ("SIGHUP", "SIGINT", "SIGTERM"):
    if hasattr(signal, _name) and signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(
            getattr(signal, _name),
            signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL,
        )

# The checks judge a change, by the same examples each time; new ones are sought by who runs the
# tests without them, and by tests/fuzz.
settings.register_profile("checks", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("checks")

_REFERENCES_ALLOWED = 50
_SECONDS_TO_END = 3.0


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to run on a PySide6 that loses references to None and aborts later on."""
    lost = references_to_none_lost()
    if lost > _REFERENCES_ALLOWED:
        pytest.exit(
            f"This PySide6 loses references to None in begin/endInsertRows ({lost} in 1,000 "
            "pairs) and would abort the process. Install the versions of constraints.txt.",
            returncode=3,
        )


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give settings, logs and staged work a folder of the test's own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DICOMDIR_STUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that ends while a thread which it started still runs."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _SECONDS_TO_END
    while left := [thread for thread in threading.enumerate() if _is_ours(thread, before)]:
        if time.monotonic() > deadline:
            pytest.fail(f"Threads left behind: {', '.join(thread.name for thread in left)}")
        time.sleep(0.01)


def _is_ours(thread: threading.Thread, before: set[threading.Thread]) -> bool:
    """Tell threads of the test from those of Qt (dummies) and of the test runner."""
    foreign = isinstance(thread, threading._DummyThread)
    return thread not in before and not foreign and not thread.name.startswith("pytest")


@pytest.fixture
def sample_dir(tmp_path: Path) -> Path:
    """Copy pydicom's sample File-set (31 instances) with TINY_ALPHA and return its folder."""
    source = Path(str(get_testdata_file("dicomdirtests/DICOMDIR"))).parent
    target = tmp_path / "dicomdirtests"
    shutil.copytree(source, target)
    return target


@pytest.fixture
def swapped(sample_dir: Path) -> Path:
    """Give the DICOMDIR of the sample with two records that each name the other's file."""
    one, other = b"98892003\\MR700\\4467", b"98892003\\MR700\\4528"
    dicomdir = sample_dir / "DICOMDIR"
    raw = dicomdir.read_bytes()
    assert raw.count(one) == raw.count(other) == 1
    aside = b"#" * len(one)
    dicomdir.write_bytes(raw.replace(one, aside).replace(other, one).replace(aside, other))
    return dicomdir


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder in which everybody may do everything, for tests of permissions."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o777)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def judges() -> Judges:
    """Find the independent programs that judge what we write."""
    return Judges()
