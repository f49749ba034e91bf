"""Rows that read or write files: index, add, write, remove."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.bench import Line, best, faster, forget, took
from tests.benchmarks.generate import MANY_SERIES, ONE_SERIES, Shape, link_tree, make_files
from tests.benchmarks.processes import CHECKOUT, run, run_work

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.bench import Bench
    from tests.benchmarks.processes import Run

DCMMKDIR = "dcmmkdir"
ONE_SERIES_AT_MOST = 1.1
WRITE_AT_MOST = 1.25
# Half a megabyte, as many MR and CT images have.
_LARGE_SIDE = 512


def _ours_indexed(folder: Path) -> Run:
    """Index a folder with ours."""
    (folder / "DICOMDIR").unlink(missing_ok=True)
    return run_work("work", "index", folder)


def _program_indexed(folder: Path) -> Run:
    """Index a folder with ours as a person does."""
    (folder / "DICOMDIR").unlink(missing_ok=True)
    words = ("create", "--keep-layout", str(folder), str(folder))
    return run([sys.executable, "-m", "dicomdir_studio", *words], folder=CHECKOUT)


def _dcmmkdir_indexed(folder: Path) -> Run:
    """Index a folder with DCMTK's dcmmkdir."""
    (folder / "DICOMDIR").unlink(missing_ok=True)
    return run(
        [DCMMKDIR, "+r", "+id", ".", "+D", folder / "DICOMDIR", "--no-backup"], folder=folder
    )


def _cold(folder: Path, side: partial[Run]) -> Run:
    """Measure with the files' contents dropped from memory."""
    forget(folder)
    return side()


def index(bench: Bench) -> list[Line]:
    """Index n files left in place, warm and cold, against dcmmkdir."""
    folder = bench.files(bench.n)
    sides = [partial(_ours_indexed, folder), partial(_program_indexed, folder)]
    if shutil.which(DCMMKDIR):
        sides.append(partial(_dcmmkdir_indexed, folder))
    lines = []
    for state in ("warm", "cold"):
        turns = sides if state == "warm" else [partial(_cold, folder, side) for side in sides]
        runs = bench.in_turn(turns)
        ours, program, peer = [[one.seconds for one in side] for side in (*runs, [])][:3]
        work = f"index {bench.n:,} files in place, {state}"
        line = faster(work, ours, peer, 3, DCMMKDIR)
        inside = best([sum(one.said.values()) for one in runs[0]])
        line.notes.append(f"whole processes; ours after its imports: {took(inside)}")
        line.notes.append(_processor([runs[0], *runs[2:]]))
        if state == "cold":
            line.notes.append("contents dropped by posix_fadvise, names still known to the kernel")
        for step in runs[0][0].said:
            line.values[f"ours, {step}"] = [one.said[step] for one in runs[0]]
        command = faster(f"{work}, by the command line", program, peer, 3, DCMMKDIR)
        command.notes.append("create --keep-layout, of which a quarter is start and imports")
        lines += [line, command]
    return lines


def one_series(bench: Bench) -> list[Line]:
    """Index n files of one series against ours of many; dcmmkdir at a fifth."""
    many, one = bench.files(bench.n), bench.files(bench.n, ONE_SERIES)
    runs = bench.in_turn([partial(_ours_indexed, one), partial(_ours_indexed, many)])
    ours, base = [[found.seconds for found in side] for side in runs]
    ratio = best(ours) / best(base)
    line = Line(
        f"the same {bench.n:,}, all in one series",
        took(best(ours)),
        f"{took(best(base))} ours, many series",
        f"{ratio:.2f}x",
        f"<= {ONE_SERIES_AT_MOST}x",
        ratio <= ONE_SERIES_AT_MOST,
        values={"ours": ours, "many series": base},
    )
    if not shutil.which(DCMMKDIR):
        return [line]
    count = max(bench.n // 5, 1)
    small = bench.files(count, ONE_SERIES)
    sides = [partial(_ours_indexed, small), partial(_dcmmkdir_indexed, small)]
    runs = bench.in_turn(sides, [bench.repeats, 1])
    ours, peer = [[found.seconds for found in side] for side in runs]
    info = faster(f"index {count:,} of one series", ours, peer, None, DCMMKDIR)
    info.notes.append("dcmmkdir is quadratic in a series: a fifth of n, run once")
    return [line, info]


def add(bench: Bench) -> list[Line]:
    """Add a tenth of n one by one, against pydicom."""
    count = max(bench.n // 10, 1)
    folder = bench.files(count)
    runs = bench.in_turn(
        [
            partial(run_work, "work", "add", folder, count),
            partial(run_work, "work", "pydicom_add", folder, count),
        ]
    )
    ours, peer = [[one.said["add"] for one in side] for side in runs]
    line = faster(f"add {count:,}, a call for each", ours, peer, 50, "pydicom")
    line.notes.append("time of the calls; pydicom is quadratic, so a tenth of n on both sides")
    return [line]


def write(bench: Bench) -> list[Line]:
    """Write a new File-set of n small and n/20 large files, against cp -r and sync."""
    large = max(bench.n // 20, 1)
    source = bench.folder / "write-source"
    make_files(source / "SMALL", bench.n)
    make_files(source / "LARGE", large, Shape(50, 4, first=bench.n), side=_LARGE_SIDE)
    has_cp = bool(shutil.which("cp") and shutil.which("sync"))
    runs = bench.in_turn(
        [partial(_written, bench, source)] + [partial(_copied, bench, source)] * has_cp
    )
    calls = [one.said["write"] for one in runs[0]]
    whole = [one.seconds for one in runs[0]]
    peer = [one.seconds for one in runs[1]] if has_cp else []
    work = f"write {bench.n:,} small and {large:,} files of 0.5 MB"
    lines = [
        _not_slower(f"{work}: the call", calls, peer),
        _not_slower(f"{work}: whole process", whole, peer),
    ]
    lines[0].notes.append("sync -f, as ours syncs the file system that it writes to")
    lines[1].notes.append("with start, listing and reading the headers")
    lines[1].notes.append(_processor(runs))
    return lines


def _processor(runs: list[list[Run]]) -> str:
    """Return the processor time of both sides, which a busy machine changes less."""
    times = [took(best([one.cpu for one in side])) for side in runs]
    return "processor time: ours " + ", peer ".join(times)


def _written(bench: Bench, source: Path) -> Run:
    """Write a new File-set with ours."""
    return run_work("work", "write", source, bench.fresh())


def _copied(bench: Bench, source: Path) -> Run:
    """Copy a tree with cp and wait for the disk."""
    return run(["sh", "-c", 'cp -r "$1" "$2" && sync -f "$2"', "sh", source, bench.fresh()])


def _not_slower(work: str, ours: list[float], peer: list[float]) -> Line:
    """Return a line against cp."""
    line = Line(work, took(best(ours)), budget=f"<= {WRITE_AT_MOST}x")
    line.values = {"ours": ours, "cp and sync": peer}
    if not peer:
        line.notes.append("cp or sync is not installed")
        return line
    ratio = best(ours) / best(peer)
    line.peer, line.ratio = f"{took(best(peer))} cp, sync", f"{ratio:.2f}x"
    line.met = ratio <= WRITE_AT_MOST
    return line


# pydicom's load is part of its write and grows with the square; this is what it is given.
_REMOVE_PEER_LIMIT = 10_000


def remove(bench: Bench) -> list[Line]:
    """Remove half of n and write with the existing layout, against pydicom."""
    count = min(bench.n, _REMOVE_PEER_LIMIT)
    origin = bench.fresh()
    make_files(origin, count, MANY_SERIES)
    run_work("work", "index", origin)

    def measured(work: str) -> Run:
        return run_work("work", work, link_tree(origin, bench.fresh()))

    repeats = [bench.repeats, bench.repeats if count < 2_000 else 1]
    runs = bench.in_turn(
        [partial(measured, "remove"), partial(measured, "pydicom_remove")], repeats
    )
    ours, peer = [[one.said["remove"] + one.said["write"] for one in side] for side in runs]
    line = faster(f"remove half of {count:,} and write in place", ours, peer, 20, "pydicom")
    line.notes.append("remove() and write(use_existing=True), without loading before")
    if repeats[1] == 1:
        line.notes.append("pydicom run once")
    return [line]
