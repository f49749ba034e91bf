"""The program itself: the one place that knows both faces."""

from __future__ import annotations

import builtins
import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from dicomdir_studio import __main__ as program
from dicomdir_studio import __version__
from dicomdir_studio.cli.main import COMMANDS, commands
from dicomdir_studio.errors import StudioError


def test_the_program_runs_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """main() runs a command line and returns its code."""
    assert program.main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_the_commands_lead_here() -> None:
    """Each name of the program that an installation makes leads to a function of this module."""
    with (Path(program.__file__).parents[1] / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    names = {**project["scripts"], **project["gui-scripts"]}
    assert sorted(names) == ["dicomdir-studio", "dicomdir-studio-window"]
    for target in names.values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_every_command_is_where_the_table_says() -> None:
    """Each command of the table can be imported, bears its name and says what it does."""
    for name in COMMANDS:
        command = commands.get_command(click.Context(commands), name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str()


def test_a_command_imports_what_it_needs() -> None:
    """Indexing imports neither pydicom nor what draws on a terminal or reads archives."""
    words = "import sys; from dicomdir_studio.cli import writing; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "dicomdir_studio.cli.writing" in loaded
    assert not loaded & {"pydicom", "numpy", "rich", "PIL", "gdcm", "dicomdir_studio.cli.imaging"}
    assert not loaded & {"csv", "difflib", "platformdirs", "shutil", "tempfile", "zipfile"}


def test_the_window_gets_its_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths on the command line go to the window as they are."""
    opened: list[list[str]] = []

    def run_window(paths: list[str]) -> int:
        opened.append(paths)
        return 0

    monkeypatch.setattr("dicomdir_studio.gui.application.run_window", run_window)
    assert program.main(["./disc", "stick/"]) == 0
    monkeypatch.setattr(sys, "argv", ["dicomdir-studio-window", "ls"])
    assert program.main_window() == 0
    assert opened == [["./disc", "stick/"], ["ls"]]


def test_no_qt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Qt cannot be loaded the window says why, and that the commands work."""
    real = builtins.__import__

    def without_qt(name: str, *rest: Any) -> Any:
        if name == "dicomdir_studio.gui.application":
            raise ImportError("libEGL.so.1: cannot open shared object file")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_qt)
    assert program.main([]) == 2
    told = capsys.readouterr().err
    assert "libEGL" in told
    assert "--help" in told
    assert len(told.splitlines()) == 1


def test_a_reader_that_has_enough_is_no_fault(sample_dir: Path) -> None:
    """Where the reader of the output has gone, the command ends quietly with 0."""
    words = [sys.executable, "-m", "dicomdir_studio", "ls", "--instances", str(sample_dir)]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.parametrize(
    "words",
    [
        ("remove", "", "PatientID=1"),
        ("image", ".", ""),
        ("create", "", "."),
        ("copy", ".", ""),
        ("ls", ""),
        ("create", "new", ""),
    ],
)
def test_an_empty_path_is_not_the_working_folder(
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sample_dir: Path,
) -> None:
    """A variable of a script that was never set does not lead to what lies here."""
    monkeypatch.chdir(sample_dir)
    before = sorted(sample_dir.rglob("*"))
    assert program.main(words) == 2
    assert "the path is empty" in capsys.readouterr().err
    assert sorted(sample_dir.rglob("*")) == before


def test_no_display_is_no_crash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a display Qt would end the process; the window says so, and the commands work."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert program.main(["./disc"]) == 2
    told = capsys.readouterr().err
    assert "there is no display" in told
    assert "--help" in told


def test_a_picture_is_made_in_a_process_of_its_own(sample_dir: Path, tmp_path: Path) -> None:
    """The picture of a window needs no display; a File-set that is none gives an error."""
    desktop = program.QtDesktop()
    desktop.save_screenshot(tmp_path / "window.png", [str(sample_dir)])
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(StudioError, match="cannot be shown"):
        desktop.save_screenshot(tmp_path / "no" / "folder.png", [str(sample_dir)])


def test_ctrl_c_while_loading_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An impatient person at the very start gets the code for nothing done."""

    def interrupted(*_args: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("dicomdir_studio.cli.main.run", interrupted)
    assert program.main(["ls"]) == 2


_INTERRUPTED = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from dicomdir_studio.__main__ import main
sys.exit(main(["ls", "."]))
"""


@pytest.mark.parametrize(
    "name",
    [
        "dicomdir_studio.descriptors",
        "dicomdir_studio.garbage",
        "dicomdir_studio.session.logs",
        "dicomdir_studio.cli.main",
        "click",
    ],
)
def test_an_interruption_while_anything_is_loaded(name: str) -> None:
    """Ctrl-C at any import of the program ends it with 2, and with no traceback."""
    script = _INTERRUPTED.format(name=name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr == b""
