"""How the command line begins and ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio import __version__
from dicomdir_studio.cli import demo as demo_command
from dicomdir_studio.cli import loading
from dicomdir_studio.cli.outcome import clean, counted, ending, sized
from dicomdir_studio.cli.progress import left, numbers, run_job
from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.session.logs import log_path, start_logging, stop_logging
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.monitor import Monitor
    from tests.cli.conftest import FakeDesktop, Terminal


def test_version(terminal: Terminal) -> None:
    """--version prints it and ends with 0."""
    ended = terminal("--version")
    assert ended.code == 0
    assert __version__ in ended.out


def test_help_names_every_command(terminal: Terminal) -> None:
    """--help lists the commands."""
    ended = terminal("--help")
    assert ended.code == 0
    for command in ["ls", "find", "values", "create", "add", "remove", "copy", "recover", "demo"]:
        assert f"  {command} " in ended.out


@pytest.mark.parametrize("words", [[], ["a.dcm/"], ["./ls", "other/"]])
def test_paths_open_the_window(terminal: Terminal, desktop: FakeDesktop, words: list[str]) -> None:
    """Nothing, or words that are paths, open the window on them."""
    assert terminal(*words).code == 0
    assert desktop.opened == [words]


def test_a_name_that_is_there_opens_the_window(
    terminal: Terminal, desktop: FakeDesktop, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare name of something that exists is a path."""
    monkeypatch.chdir(sample_dir.parent)
    assert terminal("dicomdirtests").code == 0
    assert desktop.opened == [["dicomdirtests"]]


def test_a_slip_of_the_finger_gets_a_hint(terminal: Terminal, desktop: FakeDesktop) -> None:
    """A word that is neither command nor path ends with 2 and names what was meant."""
    ended = terminal("fnid", "PatientID=1")
    assert ended.code == 2
    assert "Perhaps find?" in ended.err
    assert not desktop.opened


def test_wrong_options_end_with_two(terminal: Terminal) -> None:
    """A misused command says how it is used."""
    ended = terminal("copy", "--layout")
    assert ended.code == 2
    assert "Usage:" in ended.err


def test_a_path_that_is_not_there_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    """An error of input is one line with the reason."""
    ended = terminal("ls", tmp_path / "gone")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert "No such file" in ended.err


def test_the_unforeseen_is_one_line_and_a_log(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, sample_dir: Path
) -> None:
    """An error that nobody thought of shows no traceback but where to find it."""

    def surprise(*_args: Any, **_options: Any) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr(loading, "open_file_set", surprise)
    handler = start_logging()
    try:
        ended = terminal("ls", sample_dir)
    finally:
        stop_logging(handler)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert "surprise" in ended.err
    assert str(log_path()) in ended.err
    assert "Traceback" in log_path().read_text(encoding="utf-8")


def test_warnings_are_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, sample_dir: Path
) -> None:
    """A warning of a library is one line on standard error."""

    def warning(*args: Any, **options: Any) -> Any:
        warnings.warn("odd disc", UserWarning, stacklevel=1)
        return open_file_set(*args, **options)

    monkeypatch.setattr(loading, "open_file_set", warning)
    ended = terminal("ls", sample_dir)
    assert ended.code == 0
    assert ended.err == "warning: odd disc\n"


def test_cancelling_ends_with_two(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, sample_dir: Path
) -> None:
    """A cancelled command says that nothing was changed."""

    def cancelled(*_args: Any, **_options: Any) -> None:
        raise OperationCancelledError

    monkeypatch.setattr(loading, "open_file_set", cancelled)
    ended = terminal("ls", sample_dir)
    assert ended.code == 2
    assert "Cancelled; nothing was changed" in ended.err


def test_ctrl_c_cancels_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C asks the job to stop and waits until it has."""
    put_back = []

    def work(monitor: Monitor) -> None:
        monitor.start("Waiting")
        signal.raise_signal(signal.SIGINT)
        try:
            while True:
                monitor.check()
                time.sleep(0.001)
        finally:
            put_back.append(True)

    with pytest.raises(OperationCancelledError):
        run_job("Waiting", work)
    assert put_back


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_leaves_no_traceback(sample_dir: Path, tmp_path: Path) -> None:
    """A process interrupted while it writes ends with 2 and a line, or was done already."""
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "dicomdir_studio", "copy", str(sample_dir), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while not out.exists() and running.poll() is None:
            time.sleep(0.001)
        running.send_signal(signal.SIGINT)
        _out, err = running.communicate(timeout=30)
    assert "Traceback" not in err
    assert (running.returncode, (out / "DICOMDIR").exists()) in {(0, True), (2, False)}


def test_nothing_but_results_in_a_pipe(process: Terminal, sample_dir: Path) -> None:
    """In a pipe there is no bar and no colour."""
    ended = process("find", sample_dir, "Modality=CR")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 3
    assert ended.err == "3 instances found\n"
    assert "\x1b" not in ended.out + ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in Python")
def test_a_terminal_gets_a_bar(sample_dir: Path) -> None:
    """On a terminal standard error shows a bar, and the result still goes to the pipe."""
    import pty

    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dicomdir_studio", "ls", str(sample_dir)],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
            timeout=60,
            check=False,
        )
        os.close(theirs)
        shown = os.read(ours, 100_000)
    finally:
        os.close(ours)
    assert done.returncode == 0
    assert b"31 instances" in done.stdout
    assert b"\x1b" in shown
    assert b"\x1b" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
def test_a_closed_pipe_is_quiet(sample_dir: Path) -> None:
    """A reader that stops early (head) causes no complaint."""
    line = f"'{sys.executable}' -m dicomdir_studio ls '{sample_dir}' --instances | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert not done.stderr


def test_demo_opens_the_window_with_a_display(
    terminal: Terminal, desktop: FakeDesktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a display the window opens on the demo set."""
    monkeypatch.setattr(demo_command, "has_display", lambda: True)
    ended = terminal("demo", "--into", tmp_path / "demo")
    assert ended.code == 0
    assert desktop.opened == [[str(tmp_path / "demo" / "disc")]]


def test_demo_plays_without_one(
    terminal: Terminal, desktop: FakeDesktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a display the steps are played and told, and a picture is saved."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    ended = terminal("demo", "--into", tmp_path / "demo")
    assert ended.code == 0, ended.err
    told = [line.split()[0] for line in ended.out.splitlines()]
    assert told == ["Demo", "Opened", "Staged", "Staged", "Found", "Wrote", "Checked", "Screenshot"]
    assert (tmp_path / "demo" / "window.png").is_file()
    assert desktop.pictured == [[str(tmp_path / "demo" / "copy")]]


@pytest.mark.parametrize(
    ("variables", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "linux", False),
    ],
)
def test_a_display_is_told_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], platform: str, *, expected: bool
) -> None:
    """Windows and macOS have one, others by their variables, and Qt can be told otherwise."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert demo_command.has_display() is expected


def test_control_characters_do_not_reach_the_terminal() -> None:
    """A name on a disc cannot steer the terminal."""
    assert clean("Doe\x1b[2J\r\x9b") == r"Doe\x1b[2J\r\x9b"
    assert clean("one\nline\ttab\x7f\x00\x85") == r"one\nline\ttab\x7f\x00\x85"
    assert clean("\u202egpj.exe \u2066\u2028 \ufeff") == r"\u202egpj.exe \u2066\u2028 \ufeff"
    assert clean("Latin-1 \udce4, half a pair \ud800") == r"Latin-1 \xe4, half a pair \ud800"
    assert clean("\u0639\u0644\u06cc\u200c\u067e\u0648\u0631 \u200fa\u00e4") == (
        "\u0639\u0644\u06cc\u200c\u067e\u0648\u0631 \u200fa\u00e4"
    )


def test_names_with_control_characters_keep_to_their_lines(
    terminal: Terminal, tmp_path: Path
) -> None:
    """What a line break, an escape or a byte of another encoding names is shown escaped."""
    folder = tmp_path / "two\nlines\x1b[31m"
    folder.mkdir()
    shutil.copy(str(get_testdata_file("CT_small.dcm")), folder / "a\nb.dcm")
    (folder / "no\r\nimage").write_bytes(b"none")
    (folder / os.fsdecode(b"latin\xe4")).write_bytes(b"none")
    ended = terminal("create", tmp_path / "o\nut", folder)
    assert r"two\nlines\x1b[31m/no\r\nimage" in ended.err
    assert r"latin\xe4" in ended.err
    assert r"o\nut: 1 instance" in ended.out
    called = (
        ("create", tmp_path / "other", folder, "--dry-run"),
        ("ls", folder),
        ("check", tmp_path / "o\nut"),
        ("check", tmp_path / "no\nsuch"),
        ("no\nsuch",),
        ("ls", "--no\nsuch"),
        ("find", tmp_path / "o\nut", "Pati\nent=1"),
        ("find", tmp_path / "o\nut", "PatientID=*", "--out", tmp_path / "a\nb" / "c.csv"),
        ("copy", tmp_path / "o\nut", folder / "a\nb.dcm"),
        ("image", tmp_path / "o\nut", tmp_path / "o\nut"),
        ("recover", tmp_path / "o\nut"),
    )
    for shown in (ended, *(terminal(*words) for words in called)):
        lines = (shown.out + shown.err).split("\n")
        assert not any(set(line) & set("\x1b\r\x00") for line in lines)
        broken = ("lines", "b.dcm", "image", "ut", "such", "ent=", "b/", "b.", "b'")
        assert not any(line.startswith(broken) for line in lines), lines


def test_json_has_control_characters_as_they_are(terminal: Terminal, sample_dir: Path) -> None:
    """What other programs read is not escaped a second time."""
    source = sample_dir.rename(sample_dir.with_name("di\nsc"))
    (source / "77654033" / "CT2" / "17136").write_bytes(b"none")
    rows = json.loads(terminal("check", source, "--json").out)
    assert "di\nsc" in rows[0]["where"]


def test_words_of_numbers() -> None:
    """Numbers read as a person writes them."""
    assert counted(1, "instance") == "1 instance"
    assert counted(2000, "copy") == "2,000 copies"
    assert [sized(n) for n in (0, 999, 1000, 1_234_567)] == ["0 B", "999 B", "1.0 kB", "1.2 MB"]
    assert numbers(5, 2000, "files", 0.0) == "5/2,000 files"
    assert numbers(5, None, "files", 10.0) == "5 files, 10 files/s"
    assert numbers(1000, 2000, "bytes", 500.0) == "1.0 kB/2.0 kB, 500 B/s"
    assert left(None) == ""
    assert left(65.2) == ", 1:05 left"


def test_codes_of_endings() -> None:
    """All, some and nothing have a code each."""
    assert [ending(1, []), ending(1, ["x"]), ending(0, ["x"])] == [0, 1, 2]


def test_a_group_without_a_command_shows_its_help(terminal: Terminal) -> None:
    """The page is read as one, line by line."""
    ended = terminal("presets")
    assert ended.code == 2
    assert "\\n" not in ended.err
    assert "  list " in "\n".join(ended.err.splitlines()[3:])
