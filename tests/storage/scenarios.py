"""Trees of a dozen files, and plans that change them, for the fault tests.

The index of these trees names its files with their SHA-256, so that a test can
tell at any instant whether it names whole files only. Run as a script it does one
scenario, or one recovery, for a test that stops it from outside::

    python scenarios.py write NAME FOLDER
    python scenarios.py recover NAME FOLDER
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.storage import (
    CopyFrom,
    LinkTo,
    Plan,
    Put,
    PutBytes,
    Removal,
    Replace,
    Stage,
    execute,
    recover,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INDEX = "INDEX"
FOREIGN = {"README.TXT": b"not of the set", "OLD/S1/NOTES.TXT": b"nor this"}
LARGE = b"large" * 10_000
MARKER = "/the-scenario-begins-here"
REFUSED = "refused: "

State = dict[str, str | None]
"""SHA-256 by name of every file below a root, None for folders."""


@dataclass(frozen=True)
class Scenario:
    """A tree before, and a plan that changes it.

    Attributes
    ----------
    before : mapping of str to bytes, or None
        The files that the index names before; None if there is no tree yet.
    plan : callable
        Makes the plan from the folder that holds ``root`` and ``sources``.
    """

    name: str
    before: Mapping[str, bytes] | None
    plan: Callable[[Path], Plan]

    def prepare(self, folder: Path) -> None:
        """Make the sources and the tree before."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sources").mkdir()
        for number in range(6):
            (folder / "sources" / f"f{number}").write_bytes(content(100 + number))
        (folder / "sources" / "large").write_bytes(LARGE)
        if self.before is None:
            return
        root = folder / "root"
        for name, data in [*self.before.items(), *FOREIGN.items()]:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (1_600_000_000, 1_600_000_000))
        (root / INDEX).write_bytes(index_of({n: sha(d) for n, d in self.before.items()}))


def content(number: int) -> bytes:
    """Return some bytes that no other number has."""
    return (b"content of file %d " % number) * (20 + number)


def sha(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def index_of(names: Mapping[str, str]) -> bytes:
    """Return an index that names files with their sums."""
    return "".join(f"{digest} {name}\n" for name, digest in sorted(names.items())).encode()


def snapshot(root: Path) -> State:
    """Return everything below `root`."""
    state: State = {}
    if not root.exists():
        return state
    state[""] = None
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        state[name] = None if path.is_dir() else sha(path.read_bytes())
    return state


def index_faults(root: Path) -> list[str]:
    """Return what the index of a tree names that is not there, or not whole."""
    index = root / INDEX
    if not index.exists():
        return []
    faults = []
    for line in index.read_text().splitlines():
        digest, _, name = line.partition(" ")
        path = root / name
        if not path.exists() or sha(path.read_bytes()) != digest:
            faults.append(name)
    return faults


def _copy(folder: Path, number: int, target: str) -> CopyFrom:
    """Return a copy of one of the sources."""
    source = folder / "sources" / f"f{number}"
    status = source.stat()
    return CopyFrom(str(source), target, status.st_size, status.st_mtime_ns)


def _index(puts: Mapping[str, bytes], *, backup: str | None = None) -> Replace:
    """Return the replacement by an index of these files, in two pieces."""
    data = index_of({name: sha(data) for name, data in puts.items()})
    return Replace(INDEX, (data[:10], data[10:]), backup=backup)


def _new(folder: Path) -> Plan:
    """Make a tree from nothing."""
    names = [f"NEW/S{number % 2}/F{number}" for number in range(6)]
    puts: list[Put] = [_copy(folder, number, name) for number, name in enumerate(names)]
    puts.append(PutBytes(content(50), "NEW/MADE"))
    after = {name: content(100 + number) for number, name in enumerate(names)}
    after["NEW/MADE"] = content(50)
    return Plan(str(folder / "root"), (Stage(tuple(puts), _index(after)),))


_OLD = {f"OLD/S{number // 3}/F{number}": content(number) for number in range(6)}


def _change(folder: Path) -> Plan:
    """Additions (one of a file that goes) and removals, one of which empties a folder."""
    inside = folder / "root" / "OLD/S0/F0"
    puts = (
        _copy(folder, 0, "OLD/S0/F9"),
        _copy(folder, 1, "ADDED/S9/F1"),
        CopyFrom(str(inside), "ADDED/S9/F2", inside.stat().st_size, inside.stat().st_mtime_ns),
    )
    gone = ("OLD/S0/F0", "OLD/S1/F3", "OLD/S1/F4")
    after = {name: data for name, data in _OLD.items() if name not in gone}
    after |= {
        "OLD/S0/F9": content(100),
        "ADDED/S9/F1": content(101),
        "ADDED/S9/F2": content(0),
    }
    removals = tuple(Removal(name) for name in gone)
    stage = Stage(puts, _index(after, backup="INDEX.OLD"), removals)
    return Plan(str(folder / "root"), (stage,), frozenset(_OLD))


def _move(folder: Path) -> Plan:
    """Every file to a new name that nothing had."""
    moved = {name: f"PT0/SE{number % 2}/IM{number}" for number, name in enumerate(_OLD)}
    puts = tuple(LinkTo(old, new, len(_OLD[old])) for old, new in moved.items())
    after = {new: _OLD[old] for old, new in moved.items()}
    removals = tuple(Removal(name) for name in moved)
    return Plan(str(folder / "root"), (Stage(puts, _index(after), removals),), frozenset(_OLD))


def _collision(folder: Path) -> Plan:
    """Names change hands in a ring, and a folder comes where a file was: two stages."""
    ring = [name for name in _OLD if name != "OLD/S1/F5"]
    final = dict(zip(ring, [*ring[1:], ring[0]], strict=True))
    interim = {old: f"TMP/T{number}" for number, old in enumerate(ring)}
    first = {new: _OLD[old] for old, new in interim.items()} | {"TMP/T9": content(100)}
    last = {final[old]: _OLD[old] for old in ring} | {"OLD/S1/F5/NEW": content(100)}
    owned = frozenset(_OLD)
    return Plan(
        str(folder / "root"),
        (
            Stage(
                (
                    *(LinkTo(old, new, len(_OLD[old])) for old, new in interim.items()),
                    _copy(folder, 0, "TMP/T9"),
                ),
                _index(first),
                tuple(Removal(name) for name in sorted(owned)),
            ),
            Stage(
                (
                    *(LinkTo(interim[old], final[old], len(_OLD[old])) for old in ring),
                    LinkTo("TMP/T9", "OLD/S1/F5/NEW", len(content(100))),
                ),
                _index(last),
                tuple(Removal(name) for name in first),
            ),
        ),
        owned,
    )


def _same_index(folder: Path) -> Plan:
    """Put a file for another that the index does not name: the index stays as it is."""
    stage = Stage((_copy(folder, 0, "OLD/S2/FRESH"),), _index(_OLD), (Removal("OLD/S0/STALE"),))
    return Plan(str(folder / "root"), (stage,), frozenset({"OLD/S0/STALE"}))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("new", None, _new),
        Scenario("change", _OLD, _change),
        Scenario("move", _OLD, _move),
        Scenario("collision", _OLD, _collision),
        Scenario("same", _OLD | {"OLD/S0/STALE": b"stale"}, _same_index),
    )
}
# Too large to be stopped at every call.
_MANY_BEFORE = {f"OLD/M{number % 20}/F{number}": content(number) for number in range(700)}


def _many(folder: Path) -> Plan:
    """Put 1,300 files and remove 500, by the threads that do that."""
    source = folder / "sources/large"
    status = source.stat()
    gone = sorted(_MANY_BEFORE)[:500]
    puts = tuple(
        CopyFrom(str(source), f"NEW/M{number % 30}/F{number}", status.st_size, status.st_mtime_ns)
        for number in range(1300)
    )
    after = {name: data for name, data in _MANY_BEFORE.items() if name not in gone}
    after |= {put.target: LARGE for put in puts}
    stage = Stage(puts, _index(after), tuple(Removal(name) for name in gone))
    return Plan(str(folder / "root"), (stage,), frozenset(_MANY_BEFORE))


_MANY = Scenario("many", _MANY_BEFORE, _many)
# The index of "same" leaves the stale file out, before and after.
_PLAIN_INDEX = index_of({name: sha(data) for name, data in _OLD.items()})


def prepare(name: str, folder: Path) -> Path:
    """Prepare a scenario; returns the root of its tree."""
    _scenario(name).prepare(folder)
    if name == "same":
        (folder / "root" / INDEX).write_bytes(_PLAIN_INDEX)
    return folder / "root"


def plan_of(name: str, folder: Path) -> Plan:
    """Return the plan of a prepared scenario."""
    return _scenario(name).plan(folder)


def _scenario(name: str) -> Scenario:
    """Return a scenario by its name."""
    return _MANY if name == _MANY.name else SCENARIOS[name]


def main(what: str, name: str, folder: str) -> None:
    """Do one scenario, or one recovery; a marked call tells where it begins."""
    plan = plan_of(name, Path(folder)) if what == "write" else None
    os.path.lexists(MARKER)
    try:
        if plan is not None:
            execute(plan)
        else:
            recover(str(Path(folder) / "root"))
    except StudioError as error:
        sys.exit(f"{REFUSED}{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
