"""What the rows of the table share: size, folder, inputs made once, both sides in turn."""

from __future__ import annotations

import os
import statistics
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.generate import MANY_SERIES, Shape, make_directory, make_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.benchmarks.processes import Run

    Side = Callable[[], Run]
    Measure = Callable[[Run], float]

BUDGETS_SIZE = 10_000
"""The size for which the budgets are written; the rows take multiples of ``--n``."""

_RUNS_ASIDE = 4


@dataclass(slots=True)
class Line:
    """One line of the table.

    Attributes
    ----------
    work : str
        What is done, with its size.
    ours, peer : str
        What it costs us and the peer, with units; "" where there is none.
    ratio, budget : str
        What is measured of the budget, and the budget; "" for lines that only inform.
    met : bool or None
        Whether the budget is met; None where it cannot be told, or for information.
    notes : list of str
        How it was measured, if not as the others.
    values : dict of str to list of float
        Every single measurement, by side.
    """

    work: str
    ours: str
    peer: str = ""
    ratio: str = ""
    budget: str = ""
    met: bool | None = None
    notes: list[str] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)


@dataclass(slots=True)
class Bench:
    """One run of the benchmarks.

    Parameters
    ----------
    n : int
        The size; 10,000 is the size of the budgets.
    repeats : int
        How often each side of a row is measured.
    folder : Path
        Where all that is measured lies.
    """

    n: int
    repeats: int
    folder: Path
    _made: dict[str, Path] = field(default_factory=dict)
    _fresh: int = 0

    def tell(self, what: str) -> None:
        """Say on standard error what is being done."""
        sys.stderr.write(f"    {what}\n")
        sys.stderr.flush()

    def _once(self, name: str, make: Callable[[Path], object]) -> Path:
        """Make an input the first time it is asked for."""
        if name not in self._made:
            self.tell(f"making {name}")
            make(self.folder / name)
            self._made[name] = self.folder / name
        return self._made[name]

    def files(self, count: int, shape: Shape = MANY_SERIES, *, side: int = 16) -> Path:
        """Return a folder of that many files, without a DICOMDIR."""
        name = f"{count}-files-{shape.per_series}-a-series-{side}"
        folder = self._once(name, partial(make_files, count=count, shape=shape, side=side))
        (folder / "DICOMDIR").unlink(missing_ok=True)
        return folder

    def directory(self, count: int, shape: Shape = MANY_SERIES) -> Path:
        """Return a DICOMDIR of that many instances with stand-ins for their files."""
        name = f"{count}-records-{shape.per_series}-a-series"
        return self._once(name, partial(make_directory, count=count, shape=shape)) / "DICOMDIR"

    def fresh(self) -> Path:
        """Return a path where nothing is yet.

        Nothing is deleted before the run ends: ext4 without a journal passes over
        inodes freed in the last half minute one by one, and whoever makes files after
        a deletion, we or the peer, would pay for it.
        """
        self._fresh += 1
        return self.folder / f"fresh-{self._fresh}"

    def in_turn(
        self, sides: Sequence[Side], repeats: Sequence[int] | None = None
    ) -> list[list[Run]]:
        """Measure each side, one after the other and again, so that noise falls on all.

        Parameters
        ----------
        sides : sequence of callable
            Each does its work once; what it needs must be there already.
        repeats : sequence of int, optional
            How often each is measured; `repeats` of the run by default.

        Returns
        -------
        list of lists of Run
            By side.
        """
        counts = list(repeats or [self.repeats] * len(sides))
        runs: list[list[Run]] = [[] for _ in sides]
        for turn in range(max(counts)):
            for place, side in enumerate(sides):
                if turn < counts[place]:
                    settle()
                    runs[place].append(side())
        return runs

    def around(self, sizes: Sequence[int], work: Callable[[int], Run]) -> list[list[Run]]:
        """Measure sizes that grow tenfold, the smaller ones before and after the larger.

        One long run sees the slow moments of the machine and the fast ones; the best of
        some short runs is a fast one, against which every long run looks slow. What is
        to be compared is the mean of runs on both sides of it.

        Parameters
        ----------
        sizes : sequence of int
            From the smallest on.
        work : callable
            Does the work at a size, on what is there for it or made for it.

        Returns
        -------
        list of lists of Run
            By size.
        """
        runs: list[list[Run]] = [[] for _ in sizes]
        ascending = [place for place in range(len(sizes) - 1) for _ in range(_RUNS_ASIDE)]
        for _ in range(self.repeats):
            for place in [*ascending, len(sizes) - 1, *reversed(ascending)]:
                settle()
                runs[place].append(work(sizes[place]))
        return runs


def settle() -> None:
    """Let what was written before reach the disk, so that nobody pays for it while measured."""
    if hasattr(os, "sync"):
        os.sync()


def forget(folder: Path) -> bool:
    """Drop the contents of all files below a folder from memory; names stay known.

    Returns
    -------
    bool
        Whether the system can do that (``posix_fadvise``).
    """
    if not hasattr(os, "posix_fadvise"):
        return False
    settle()
    for file in folder.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
    return True


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def mean(values: Sequence[float]) -> float:
    """Return the mean: what is fair to runs of unlike length."""
    return statistics.fmean(values)


def best(values: Sequence[float]) -> float:
    """Return the smallest: the run that other programs disturbed least."""
    return min(values)


def took(seconds: float) -> str:
    """Return a time with a unit that fits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s"


def faster(
    work: str, ours: list[float], peer: list[float], at_least: float | None, name: str
) -> Line:
    """Return the line of a work that is to be so many times faster than a peer's.

    Parameters
    ----------
    work, name : str
        What is done, and who the peer is.
    ours, peer : list of float
        Seconds; an empty `peer` is not installed.
    at_least : float or None
        The budget; None for information.
    """
    line = Line(work, took(best(ours)), values={"ours": ours, name: peer})
    line.budget = "" if at_least is None else f">= {at_least:g}x"
    if not peer:
        line.notes.append(f"{name} is not installed")
        return line
    ratio = best(peer) / best(ours)
    line.peer = f"{took(best(peer))} {name}"
    line.ratio = f"{ratio:.1f}x"
    line.met = None if at_least is None else ratio >= at_least
    return line


def within(work: str, measured: float, limit: float, *, of: str = "") -> Line:
    """Return the line of a time in seconds that has a limit."""
    line = Line(work, took(measured), budget=f"<= {took(limit)}", met=measured <= limit)
    line.ratio = of
    return line
