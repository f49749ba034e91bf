"""The row about images of discs: time beside xorriso, memory over the bytes."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.bench import Line, best, took
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.processes import run, run_work

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.bench import Bench
    from tests.benchmarks.processes import Run

XORRISO = "xorriso"
AT_MOST = 2.0
MEMORY_AT_MOST = 0.05
"""Part of the additional bytes of an image by which the peak may grow; flat is nothing."""

# Half a megabyte, as many MR and CT images have; and 1.3 KB, as all the small ones.
_LARGE_SIDE, _SMALL_SIDE = 512, 16

_MKISOFS = 'xorriso -as mkisofs -quiet -iso-level 1 -V BENCH -o "$2" "$1" && sync -f "$2"'


def image(bench: Bench) -> list[Line]:
    """Write an ISO image of n small and n/20 large files, against xorriso on the same tree."""
    large = max(bench.n // 20, 1)
    trees = {side: _tree(bench, large, side) for side in (_LARGE_SIDE, _SMALL_SIDE)}
    tree = trees[_LARGE_SIDE]
    has_peer = bool(shutil.which(XORRISO) and shutil.which("sync"))
    runs = bench.in_turn([partial(_ours, bench, tree)] + [partial(_peer, bench, tree)] * has_peer)
    peer = [one.seconds for one in runs[1]] if has_peer else []
    work = f"image of {bench.n:,} small and {large:,} files of 0.5 MB"
    calls = [one.said["image"] for one in runs[0]]
    lines = [
        _against(f"{work}: the call", calls, peer),
        _against(f"{work}: whole process", [one.seconds for one in runs[0]], peer),
    ]
    lines[0].notes.append("SHA-256 of every file included; sync -f after xorriso, as ours syncs")
    lines[1].notes.append("with start, loading the DICOMDIR and planning")
    times = [took(best([one.cpu for one in side])) for side in runs]
    lines[1].notes.append("processor time: ours " + ", peer ".join(times))
    few = run_work("work", "image", trees[_SMALL_SIDE], bench.fresh() / "a.iso").said
    return [*lines, _memory(work, runs[0][0].said, few)]


def _tree(bench: Bench, large: int, side: int) -> Path:
    """Return a File-set of n small files and some of a side, written with the standard layout."""
    source, target = bench.fresh(), bench.fresh()
    make_files(source / "SMALL", bench.n)
    make_files(source / "LARGE", large, Shape(50, 4, first=bench.n), side=side)
    run_work("work", "write", source, target)
    return target


def _ours(bench: Bench, tree: Path) -> Run:
    """Write the image with ours."""
    folder = bench.fresh()
    folder.mkdir(parents=True, exist_ok=True)
    return run_work("work", "image", tree, folder / "a.iso")


def _peer(bench: Bench, tree: Path) -> Run:
    """Write the image with xorriso, and wait for the disk."""
    folder = bench.fresh()
    folder.mkdir(parents=True, exist_ok=True)
    return run(["sh", "-c", _MKISOFS, "sh", tree, folder / "a.iso"])


def _against(work: str, ours: list[float], peer: list[float]) -> Line:
    """Return a line against xorriso."""
    line = Line(work, took(best(ours)), budget=f"<= {AT_MOST:.0f}x")
    line.values = {"ours": ours, XORRISO: peer}
    if not peer:
        line.notes.append("xorriso or sync is not installed")
        return line
    ratio = best(ours) / best(peer)
    line.peer, line.ratio, line.met = (
        f"{took(best(peer))} {XORRISO}",
        f"{ratio:.2f}x",
        ratio <= AT_MOST,
    )
    return line


def _memory(work: str, many: dict[str, float], few: dict[str, float]) -> Line:
    """Return the line about memory: as many files of fewer bytes take as much."""
    more = many["bytes"] - few["bytes"]
    grown = many["peak"] - few["peak"]
    line = Line(
        f"{work}: peak of memory",
        f"{many['peak'] / 1e6:.0f} MB",
        f"{few['peak'] / 1e6:.0f} MB ours, {more / 1e6:.0f} MB less in as many files",
        f"{max(grown, 0) / max(more, 1):.1%} of the bytes",
        f"<= {MEMORY_AT_MOST:.0%}",
        grown <= MEMORY_AT_MOST * more,
        values={"peaks": [many["peak"], few["peak"]], "bytes": [many["bytes"], few["bytes"]]},
    )
    if not many["peak"]:
        line.ours, line.peer, line.ratio, line.met = "not told by this system", "", "", None
    return line
