"""Runs a program to its end and says what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOUCH = """
import mmap, sys
room = mmap.mmap(-1, int(sys.argv[1]))
for place in range(0, len(room), mmap.PAGESIZE):
    room[place] = 1
"""
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Run:
    """What one process cost.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    cpu : float
        Seconds of processor time of all its threads, in user and system mode.
    said : dict
        What it printed, as JSON; programs of others print nothing that is kept.
    """

    seconds: float
    cpu: float
    said: dict[str, Any] = field(default_factory=dict)


class ProgramFailedError(RuntimeError):
    """A measured program ended with an error."""


def run(command: Sequence[str | os.PathLike[str]], *, folder: Path | None = None) -> Run:
    """Run a program; what it prints on standard output is not read.

    Parameters
    ----------
    command : sequence of str or os.PathLike
        Program and arguments.
    folder : Path, optional
        Where it runs.

    Raises
    ------
    ProgramFailedError
        If its exit code is not 0.
    """
    return _run(command, folder, speaks=False)


def run_work(module: str, *arguments: str | os.PathLike[str] | int) -> Run:
    """Run a module of this folder as a process of its own and take the JSON it prints."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    return _run(command, CHECKOUT, speaks=True)


def _run(command: Sequence[str | os.PathLike[str]], folder: Path | None, *, speaks: bool) -> Run:
    """Run a program with its output in files, so that no pipe can fill up."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before, begin = os.times(), time.perf_counter()
        code = subprocess.call(command, cwd=folder, stdout=out, stderr=err)
        seconds, after = time.perf_counter() - begin, os.times()
        if code:
            err.seek(0)
            words = err.read().decode(errors="replace")[-2000:]
            raise ProgramFailedError(f"{' '.join(map(str, command))} ended with {code}\n{words}")
        out.seek(0)
        said = json.loads(out.read()) if speaks else {}
    cpu = after.children_user - before.children_user
    cpu += after.children_system - before.children_system
    return Run(seconds, cpu, said)


def touch_memory(size: int) -> None:
    """Touch memory in a process that ends at once, so that it is there for the next one.

    A virtual machine gives memory that is not in use back to its host, and gets it again when
    it is touched, at many times the cost; how much of it a program gets is chance.
    """
    subprocess.run([sys.executable, "-c", _TOUCH, str(size)], check=True)
