"""A terminal for the tests: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

from dicomdir_studio.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class FakeDesktop:
    """A desktop that notes what it was asked."""

    opened: list[list[str]] = field(default_factory=list)
    pictured: list[list[str]] = field(default_factory=list)

    def open_window(self, paths: list[str]) -> int:
        """Note the paths."""
        self.opened.append(paths)
        return 0

    def save_screenshot(self, target: Path, paths: list[str]) -> None:
        """Note the paths and leave something like a picture."""
        self.pictured.append(paths)
        target.write_bytes(b"\x89PNG")


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Terminal(Protocol):
    """What runs a command line in this process."""

    def __call__(self, *words: str | Path) -> Ended:
        """Run the words and return how it ended."""
        ...


@pytest.fixture
def desktop() -> FakeDesktop:
    """Give a desktop that notes what it was asked."""
    return FakeDesktop()


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], desktop: FakeDesktop) -> Terminal:
    """Give a function that runs a command line in this process."""

    def call(*words: str | Path) -> Ended:
        capsys.readouterr()
        code = run([str(word) for word in words], desktop)
        caught = capsys.readouterr()
        return Ended(code, caught.out, caught.err)

    return call


@pytest.fixture
def process() -> Terminal:
    """Give a function that runs a command line in a process of its own, in pipes."""

    def call(*words: str | Path) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "dicomdir_studio", *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
