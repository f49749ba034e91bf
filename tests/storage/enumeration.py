"""Runs a case of `file_sets` once for every file-changing system call, with a fault at each.

``python -m tests.storage.enumeration [CASE...]`` tries every fault at every call and prints
how many there were; of the 2,000 instances of "many" some faults at some calls.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from dicomdir_studio.storage import LOCK_NAME, pending
from tests.storage.contents import content_by_pydicom, content_by_us, dcmdump_likes, opened
from tests.storage.file_sets import CASES, END, MANY, RECOVERIES, make, snapshot
from tests.storage.sampling import sampled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from tests.storage.file_sets import Content

CHANGES: Final = (
    *("mkdir", "mkdirat", "rmdir", "open", "openat", "creat", "write", "writev", "pwrite64"),
    *("link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2"),
    *("unlink", "unlinkat", "truncate", "ftruncate", "fallocate", "copy_file_range", "sendfile"),
    *("chmod", "fchmod", "fchmodat", "utimensat", "flock", "ioctl"),
    *("fsync", "fdatasync", "syncfs", "sync_file_range"),
)
"""Every system call that changes a file or puts it on the medium, and locks."""

KILL: Final = "KILL"
ERRORS: Final = ("ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT", "EINTR")
REPOSITORY: Final = Path(__file__).parents[2]
_CALL: Final = re.compile(r"(\w+)\((.*)")
_CHECKED_BY_DCMDUMP: Final = 8
_FEWEST: Final = 5
_SAMPLED: Final = 60
_WRITTEN: Final = {"VerificationError", "NotReadBackError"}
_MAY_STAY: Final = {"unlink", "unlinkat", "rmdir"}


class Point(NamedTuple):
    """One call of the program: the n-th of its kind."""

    call: str
    number: int


class ViolationError(AssertionError):
    """A promise was not kept."""


@dataclass
class Tally:
    """What was tried.

    Attributes
    ----------
    points : int
        System calls of the case that change a file.
    runs : Counter
        How often each fault was tried.
    ends : Counter
        How the runs ended.
    violations : list of str
        Promises that were not kept, where they are collected.
    """

    points: int = 0
    runs: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Served:
    """The process that does the cases."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.storage.file_sets"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._to.close()
        self._process.wait()
        self._from.close()

    @property
    def _to(self) -> IO[bytes]:
        """Where to tell it what to do."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _from(self) -> IO[bytes]:
        """Where it answers."""
        assert self._process.stdout is not None
        return self._process.stdout

    def run(self, case: str, folder: Path, options: list[str]) -> tuple[int, dict[str, Any]]:
        """Do a case under strace; returns its exit code and what it told."""
        self._to.write(f"{case}\t{folder}\n".encode())
        self._to.flush()
        pid = int(self._from.readline())
        tracer = subprocess.Popen(
            ["strace", *options, "-p", str(pid)], stderr=subprocess.PIPE, text=True
        )
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert "attached" in said, said
        self._to.write(b"go\n")
        self._to.flush()
        told: dict[str, Any] = {}
        answer = self._from.readline()
        if not answer.startswith(b"ended"):
            told = json.loads(answer)
            answer = self._from.readline()
        tracer.wait()
        tracer.stderr.close()
        return int(answer.split()[1]), told


class Enumeration:
    """All points of one case, and what may be there after a fault at each.

    Parameters
    ----------
    case : str
        The case.
    served : Served
        What runs it.
    place : Path
        A folder for it, in memory for speed.
    collecting : bool
        Go on after a promise that was not kept.
    """

    def __init__(self, case: str, served: Served, place: Path, *, collecting: bool = False) -> None:
        self.case = case
        self._collecting = collecting
        self._served = served
        self._folder = place / "case"
        self._template = place / "template"
        self._log = place / "log"
        make(case, self._template)
        self._in_recovery = case in RECOVERIES
        self._prepare()
        self._before = snapshot(self._folder)
        self.points = self._find_points()
        if case == MANY:
            places = sampled([one.call for one in self.points], _SAMPLED)
            self.points = [self.points[place] for place in places]
        self.new = _without_traces(snapshot(self._folder))
        self.new_content = self._contents()
        self.old, self.old_content = self._look_at_old()
        self.tally = Tally(points=len(self.points))

    def _prepare(self) -> Path:
        """Make the folder as it is before the case."""
        shutil.rmtree(self._folder, ignore_errors=True)
        # Times count: what is newer than the journal is the write's own.
        subprocess.run(["cp", "-a", self._template, self._folder], check=True)
        return self._folder

    def _look_at_old(self) -> tuple[dict[str, str | None], dict[str, Content]]:
        """Return the old state: that before, or before the write that is to be recovered."""
        if not self._in_recovery:
            self._prepare()
            return self._before, self._contents()
        return self.new, self.new_content  # a recovery knows one end only

    def _find_points(self) -> list[Point]:
        """Run once undisturbed; returns every changing call."""
        found = []
        for point, arguments in self._calls(_TRACED):
            reads = point.call in {"open", "openat"} and "O_CREAT" not in arguments
            if point.call in CHANGES and not reads:
                found.append(point)
        assert len(found) > _FEWEST
        return found

    def _calls(self, traced: Sequence[str], *options: str) -> Iterator[tuple[Point, str]]:
        """Run once undisturbed; yields each call up to the end of the case, and its arguments."""
        trace = f"trace=?{',?'.join(traced)}"
        code, told = self._served.run(
            self.case, self._folder, [*options, "-o", str(self._log), "-e", trace]
        )
        assert (code, told["error"]) == (0, ""), told
        counts: Counter[str] = Counter()
        for line in self._log.read_text().splitlines():
            match = _CALL.match(line)
            if match is None:
                continue
            call, arguments = match.groups()
            counts[call] += 1
            if END in arguments:
                return
            yield Point(call, counts[call]), arguments

    def _contents(self) -> dict[str, Content]:
        """Return what the DICOMDIRs of the folder lead to, as `pydicom.fileset` reads them."""
        return {
            path.parent.name: content_by_pydicom(path)
            for path in sorted(self._folder.glob("*/DICOMDIR"))
        }

    def kill_everywhere(self) -> None:
        """Kill the program before each call."""
        outcomes = []
        for number, point in enumerate(self.points):
            self._prepare()
            code, told = self._run(point, "signal=KILL")
            self._require(code == -signal.SIGKILL, point, KILL, f"it ended with {code}, {told}")
            outcomes.append(self._judge_after_death(point, number))
            self.tally.runs[KILL] += 1
        self._require(outcomes == sorted(outcomes), self.points[0], KILL, "old, new, old again")
        if not self._in_recovery:
            self._require(not outcomes[0] and outcomes[-1], self.points[-1], KILL, "one end only")

    def refuse_everywhere(self, errors: tuple[str, ...], *, each: bool) -> None:
        """Let each call fail: with every error, or with one of them in turn."""
        for number, point in enumerate(self.points):
            chosen = errors if each else (errors[number % len(errors)],)
            for error in chosen:
                self._prepare()
                code, told = self._run(point, f"error={error}")
                self._require(code == 0, point, error, f"it ended with {code}")
                self._judge_after_refusal(point, error, told)
                self.tally.runs[error] += 1

    def _run(self, point: Point, effect: str) -> tuple[int, dict[str, Any]]:
        """Run with an effect at one point."""
        inject = f"inject={point.call}:{effect}:when={point.number}"
        options = ["-o", str(self._log), "-e", f"trace={point.call}", "-e", inject]
        outcome = self._served.run(self.case, self._folder, options)
        trace = self._log.read_text()
        assert "INJECTED" in trace or "killed by SIGKILL" in trace
        return outcome

    def _judge_after_death(self, point: Point, number: int) -> bool:
        """Look with other software, then recover; tells whether it is the new state."""
        found = self._contents()
        wanted = [self.old_content, self.new_content]
        self._require(found in wanted, point, KILL, "pydicom reads neither old nor new")
        if number % _CHECKED_BY_DCMDUMP == 0:
            for path in self._folder.glob("*/DICOMDIR"):
                self._require(dcmdump_likes(path), point, KILL, "dcmdump does not read it")
        return self._recovered(point, KILL)

    def _recovered(self, point: Point, fault: str) -> bool:
        """Open everything with our own engine, which recovers; tells whether it is new."""
        for root in self._roots():
            with suppress(FileNotFoundError):
                opened(root)
            self._require(pending(str(root)) is None, point, fault, "not recovered")
        state = _without_traces(snapshot(self._folder))
        contents = {root.name: content_by_us(root) for root in self._roots()}
        contents = {name: one for name, one in contents.items() if one is not None}
        if state == self.new:
            self._require(contents == self.new_content, point, fault, "a record leads elsewhere")
            return True
        # An empty folder that the write made itself is no harm.
        state = {name: one for name, one in state.items() if one or "/" in name or name in self.old}
        self._require(state == self.old, point, fault, "neither old nor new", state)
        self._require(contents == self.old_content, point, fault, "a record leads elsewhere")
        return False

    def _roots(self) -> list[Path]:
        """Return the roots of File-sets that there may be."""
        return [path for path in (self._folder / "root", self._folder / "copy") if path.is_dir()]

    def _judge_after_refusal(self, point: Point, error: str, told: dict[str, Any]) -> None:
        """Require the old state and a usable object, or the new state."""
        kind = told["error"].partition(":")[0]
        self.tally.ends[kind or "done all the same"] += 1
        if kind in _WRITTEN:
            self._require(not told["old"], point, error, f"not the new state after {kind}")
            self._require(self._recovered(point, error), point, error, "not the new state")
            return
        self._require(not kind.startswith("foreign"), point, error, told["error"])
        if kind and not kind.startswith("Unfinished") and not self._in_recovery:
            if point.call not in _MAY_STAY:  # a lock that could not be removed
                self._require(told["old"], point, error, f"not the old state after {kind}")
            self._require(told["same"], point, error, f"what is staged is lost after {kind}")
        self._require(told["same"] or self.case != "copy", point, error, "the source changed")
        self._require(not told["retry"], point, error, f"{kind}, then {told['retry']}")
        self._require(self._recovered(point, error), point, error, "not written in the end")

    def _require(
        self, kept: bool, point: Point, fault: str, what: str, state: object = None
    ) -> None:
        """Raise if a promise was not kept."""
        if kept:
            return
        differs = ""
        if isinstance(state, dict):
            for name, other in (("old", self.old), ("new", self.new)):
                names = sorted({one for one, _ in set(state.items()) ^ set(other.items())})
                differs += f"; against {name}: {names[:4]}"
        told = f"{self.case}, {fault} at {point.call} {point.number}: {what}{differs}"
        if not self._collecting:
            raise ViolationError(told)
        self.tally.violations.append(told)


Enumerated = TypeVar("Enumerated", bound=Enumeration)
_TRACED: Final = (*CHANGES, "stat", "lstat", "newfstatat", "statx")


def _without_traces(state: dict[str, str | None]) -> dict[str, str | None]:
    """Return a state without the lock file, which a refused removal leaves; it is harmless."""
    return {name: digest for name, digest in state.items() if not name.endswith(LOCK_NAME)}


def enumerations(
    cases: list[str], kind: type[Enumerated], *, collecting: bool = False
) -> Generator[Enumerated, None, None]:
    """Yield the enumeration of each case."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - in memory
    for case in cases:
        place = Path(tempfile.mkdtemp(dir=memory))
        try:
            with Served() as served:
                yield kind(case, served, place, collecting=collecting)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def main(cases: list[str]) -> int:
    """Try every fault at every call, and tell how many there were."""
    total: Counter[str] = Counter()
    violations: list[str] = []
    for enumeration in enumerations(
        cases or [*CASES, *RECOVERIES, MANY], Enumeration, collecting=True
    ):
        started = time.monotonic()
        enumeration.kill_everywhere()
        enumeration.refuse_everywhere(ERRORS[: 3 if enumeration.case == MANY else 6], each=True)
        tally = enumeration.tally
        total.update(tally.runs)
        total["system calls"] += tally.points
        violations += tally.violations
        _tell(
            f"{enumeration.case}: {tally.points} system calls, {tally.runs.total()} runs, "
            f"{time.monotonic() - started:.0f} s; {dict(tally.ends)}",
            *tally.violations,
        )
    _tell(f"in all: {dict(total)}; violations: {len(violations)}")
    return bool(violations)


def _tell(*lines: str) -> None:
    """Write lines to standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
