"""Measures every row of the budgets: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import rows_files, rows_growth, rows_image, rows_records, rows_window
from tests.benchmarks.bench import BUDGETS_SIZE, Bench, Line
from tests.benchmarks.machine import machine, versions
from tests.benchmarks.processes import CHECKOUT, ProgramFailedError
from tests.benchmarks.report import table, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROWS: dict[str, Callable[[Bench], list[Line]]] = {
    "index": rows_files.index,
    "one-series": rows_files.one_series,
    "add": rows_files.add,
    "load": rows_records.load,
    "growth": rows_records.growth,
    "everything": rows_growth.everything,
    "find": rows_records.find,
    "write": rows_files.write,
    "image": rows_image.image,
    "remove": rows_files.remove,
    "window": rows_window.window,
}
_ON_REQUEST = {"everything"}  # makes more than a million files
_QUICK_N = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write JSON; return 1 if something could not be measured."""
    given = _given(arguments)
    n, repeats = (_QUICK_N, 1) if given.quick else (given.n, given.repeat)
    names = given.rows.split(",") if given.rows else [one for one in ROWS if one not in _ON_REQUEST]
    compileall.compile_dir(CHECKOUT / "dicomdir_studio", quiet=2)
    lines: list[Line] = []
    failed = False
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dicomdir-bench-", dir=given.folder) as folder:
        bench = Bench(n, repeats, Path(folder))
        about: dict[str, Any] = {"n": n, "repeat": repeats, "machine": machine(bench.folder)}
        about["versions"] = versions()
        for name in names:
            sys.stderr.write(f"{name}\n")
            try:
                lines += ROWS[name](bench)
            except ProgramFailedError as error:
                failed = True
                sys.stderr.write(f"{error}\n")
                last = str(error).strip().splitlines()[-1]
                lines.append(Line(name, "failed", budget="its own", notes=[last]))
    about["minutes"] = round((time.monotonic() - begin) / 60, 1)
    if hasattr(os, "getloadavg"):
        about["machine"]["load after"] = round(os.getloadavg()[0], 2)
    _print(lines, n, about)
    if given.json:
        write_json(given.json, lines, about)
    missed = given.strict and any(line.met is False for line in lines)
    return int(failed or missed)


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--n",
        type=int,
        default=BUDGETS_SIZE,
        help=f"the size; rows take 1/10 to 100 times of it (default {BUDGETS_SIZE})",
    )
    parser.add_argument("--rows", help=f"some rows only, of {','.join(ROWS)}")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each side (default 3)")
    parser.add_argument("--json", type=Path, help="where every value measured is written")
    parser.add_argument("--folder", type=Path, help="where measured files lie while it runs")
    parser.add_argument(
        "--quick", action="store_true", help=f"n of {_QUICK_N}, each once: does it work at all"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 if a budget is missed")
    given = parser.parse_args(arguments)
    unknown = set((given.rows or "").split(",")) - set(ROWS) - {""}
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return given


def _print(lines: list[Line], n: int, about: dict[str, Any]) -> None:
    """Print the table and what it depends on."""
    sys.stdout.write("\n" + table(lines, n) + "\n")
    for name in ("machine", "versions"):
        words = ", ".join(f"{key} {value}" for key, value in about[name].items())
        sys.stdout.write(f"{name}: {words}\n")
    sys.stdout.write(f"n {n:,}, {about['repeat']} runs each, {about['minutes']} minutes\n")


if __name__ == "__main__":
    sys.exit(main())
