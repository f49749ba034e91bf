"""Many files, put by threads: all of them, or none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import CopyFrom, LinkTo, execute, filling
from tests.storage.trees import copy_of, everything, folders, names, plan_of, put_file, sha

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.storage.copying import Copier
    from dicomdir_studio.storage.plan import Put


class _Counting(Monitor):
    """Remembers what it was told; cancels when so many bytes are done."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.phases: list[tuple[str, int | None, str]] = []
        self.done = 0
        self.cancel_at = cancel_at

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        self.phases.append((phase, total, unit))
        if unit == "bytes":
            self.done = 0

    def advance(self, amount: int = 1, detail: str = "") -> None:
        assert detail
        if self.phases[-1][2] == "bytes":
            self.done += amount

    def check(self) -> None:
        if self.cancel_at is not None and self.done >= self.cancel_at:
            raise OperationCancelledError


@pytest.fixture(params=["threads", "alone"])
def many(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> list[Path]:
    """Return more files than one batch of one thread, put in both ways."""
    if request.param == "threads":
        monkeypatch.setattr(filling, "_SMALL", 0)
    return [
        put_file(tmp_path / f"sources/f{number}", b"%d " % number * 200) for number in range(500)
    ]


def test_many_files(tmp_path: Path, many: list[Path]) -> None:
    """Threads put them all, and the progress ends at the total."""
    puts = [copy_of(path, f"D{number % 7}/{path.name}") for number, path in enumerate(many)]
    monitor = _Counting()
    receipt = execute(plan_of(tmp_path / "root", puts), monitor=monitor)
    total = sum(put.size for put in puts)
    assert monitor.phases[0] == ("Copying files", total, "bytes")
    assert monitor.done == receipt.bytes == total
    assert receipt.files == 500
    for put, path in zip(puts, many, strict=True):
        assert (tmp_path / "root" / put.target).read_bytes() == path.read_bytes()
        assert receipt.digests[put.target] == sha(path.read_bytes())


def test_a_failure_among_many(root: Path, many: list[Path]) -> None:
    """One bad source of 500: all that the threads made goes again."""
    plan = plan_of(root, [copy_of(path, f"N/{path.name}") for path in many])
    before = everything(root)
    many[321].unlink()
    with pytest.raises(SourceChangedError) as caught:
        execute(plan)
    assert caught.value.where == str(many[321])
    assert everything(root) == before
    assert folders(root) == {"A", "B"}


@pytest.mark.parametrize("lanes", ["threads", "alone"])
def test_what_is_copied_and_linked(root: Path, lanes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that also gets a second name is copied first, though its link comes first here."""
    if lanes == "threads":
        monkeypatch.setattr(filling, "_SMALL", 0)
    made = [put_file(root / f"A/f{number}", b"%d " % number * 200) for number in range(300)]
    links = [LinkTo(f"A/{path.name}", f"L/{path.name}", path.stat().st_size) for path in made]
    copies = [
        copy_of(path, f"C/{path.name}")._replace(ctime_ns=path.stat().st_ctime_ns) for path in made
    ]
    monitor = _Counting()
    receipt = execute(plan_of(root, [*links, *copies]), monitor=monitor)
    assert receipt.files == 600
    assert monitor.done == 2 * sum(path.stat().st_size for path in made)
    assert names(root / "L") == names(root / "C") == {path.name for path in made}
    for path in made:
        assert (root / "L" / path.name).samefile(path)
        assert (root / "C" / path.name).read_bytes() == path.read_bytes()
        assert not (root / "C" / path.name).samefile(path)


def test_a_cancel_among_many(root: Path, many: list[Path]) -> None:
    """The threads stop, and all that they made goes again."""
    plan = plan_of(root, [copy_of(path, f"N/{path.name}") for path in many])
    before = everything(root)
    with pytest.raises(OperationCancelledError):
        execute(plan, monitor=_Counting(cancel_at=1))
    assert everything(root) == before
    assert folders(root) == {"A", "B"}


def test_an_interrupt_from_the_keyboard(root: Path, many: list[Path]) -> None:
    """Even that leaves the old state."""

    class Interrupted(Monitor):
        def advance(self, amount: int = 1, detail: str = "") -> None:
            raise KeyboardInterrupt

    plan = plan_of(root, [copy_of(path, f"N/{path.name}") for path in many])
    before = everything(root)
    with pytest.raises(KeyboardInterrupt):
        execute(plan, monitor=Interrupted())
    assert everything(root) == before


def test_files_of_a_disc_are_read_by_one_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a disc, small and large files are read in the order of its listing, by one thread."""
    disc = tmp_path / "disc"
    sizes = (10, filling._SMALL + 1)
    made = [
        put_file(disc / f"D{number % 5}/F{number:03}", b"x" * sizes[number % 2])
        for number in range(120)
    ]
    read: list[tuple[int, str]] = []
    put = filling.Filling._put

    def noted(self: filling.Filling, one: Put, copier: Copier) -> int:
        if isinstance(one, CopyFrom):
            read.append((threading.get_ident(), one.source))
        return put(self, one, copier)

    monkeypatch.setattr(filling.Filling, "_put", noted)
    monkeypatch.setattr(filling, "is_optical", lambda path: path.startswith(str(disc)))
    puts = [copy_of(path, f"N/{place:03}") for place, path in enumerate(reversed(made))]
    receipt = execute(plan_of(tmp_path / "root", puts))
    assert receipt.files == len(made)
    assert [source for _, source in read] == sorted(str(path) for path in made)
    assert len({thread for thread, _ in read}) == 1
    for one, path in zip(puts, reversed(made), strict=True):
        assert (tmp_path / "root" / one.target).read_bytes() == path.read_bytes()
