"""What was written is read back; sums go to a manifest that other programs understand."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.errors import OperationCancelledError, StorageError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import (
    PutBytes,
    UnsafePathError,
    execute,
    read_manifest,
    verify,
    write_manifest,
)
from tests.storage.trees import plan_of, put_file, sha

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return a tree just written and its sums."""
    puts = [PutBytes(b"x" * size, f"D/{size}") for size in (0, 10, 3_000_000)]
    receipt = execute(plan_of(tmp_path / "root", puts))
    return tmp_path / "root", receipt.digests


def test_a_good_tree(written: tuple[Path, dict[str, str]]) -> None:
    """Nothing differs."""
    root, digests = written
    assert verify(str(root), digests) == ()
    assert verify(str(root), {name: value.upper() for name, value in digests.items()}) == ()


def test_every_fault_is_found(written: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """Changed, truncated, gone, a folder, a link: each is told with its name."""
    root, digests = written
    with (root / "D/3000000").open("r+b") as file:
        file.seek(2_999_999)
        file.write(b"y")
    (root / "D/10").unlink()
    (root / "D/0").unlink()
    (root / "D/0").symlink_to(put_file(tmp_path / "empty", b""))
    (root / "INDEX").unlink()
    (root / "INDEX").mkdir()
    found = {fault.path: fault for fault in verify(str(root), digests)}
    assert set(found) == set(digests)
    assert found["D/3000000"].found == sha(b"x" * 2_999_999 + b"y")
    assert found["D/3000000"].expected == digests["D/3000000"]
    for name in ("D/10", "D/0", "INDEX"):
        assert found[name].found is None
        assert found[name].why


def test_names_that_lead_out(written: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """They are not read, whatever a manifest says; nor what is behind a folder that leads out."""
    root, _ = written
    with pytest.raises(UnsafePathError):
        verify(str(root), {"../x": "0" * 64})
    put_file(tmp_path / "outside/f", b"")
    (root / "L").symlink_to(tmp_path / "outside")
    (fault,) = verify(str(root), {"L/f": sha(b"")})
    assert fault.found is None
    assert "leads out" in fault.why


def test_a_root_that_is_gone(tmp_path: Path) -> None:
    """That is an error, not a list of faults."""
    with pytest.raises(StorageError):
        verify(str(tmp_path / "gone"), {"f": "0" * 64})


def test_cancel_and_progress(written: tuple[Path, dict[str, str]]) -> None:
    """A person need not wait for the end."""
    root, digests = written

    class Watching(Monitor):
        told = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.told += amount

        def check(self) -> None:
            if self.told == 2:
                raise OperationCancelledError

    watching = Watching()
    with pytest.raises(OperationCancelledError):
        verify(str(root), digests, monitor=watching)
    assert watching.told == 2


def test_pages_are_dropped(
    written: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes come from the medium: cached pages are dropped, dirty ones written first."""
    root, digests = written
    order: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: order.append("fsync"))
    monkeypatch.setattr(os, "posix_fadvise", lambda *_: order.append("drop"), raising=False)
    assert verify(str(root), digests) == ()
    assert order == ["fsync", "drop"] * len(digests)


@pytest.mark.parametrize(("number", "tells"), [(errno.EIO, True), (errno.EINVAL, False)])
def test_what_never_reached_the_medium(
    written: tuple[Path, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    number: int,
    tells: bool,
) -> None:
    """What is in memory alone, since writing it failed late, is not taken for written."""
    root, digests = written

    def failing(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    found = verify(str(root), digests)
    assert [one.path for one in found] == (list(digests) if tells else [])
    assert all(one.why == os.strerror(number) for one in found)


def test_manifest(written: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """It is read as it was written, and ``sha256sum --check`` agrees."""
    root, digests = written
    odd = root / "back\\slash\nline"
    odd.write_bytes(b"odd")
    digests = digests | {odd.name: sha(b"odd")}
    manifest = tmp_path / "SHA256SUMS"
    for _ in range(2):
        write_manifest(str(manifest), digests)
    assert read_manifest(str(manifest)) == digests
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "--check", "--strict", str(manifest)], cwd=root, check=True)
        said = subprocess.run(
            [program, *sorted(digests)], cwd=root, check=True, capture_output=True
        )
        (tmp_path / "theirs").write_bytes(said.stdout)
        assert read_manifest(str(tmp_path / "theirs")) == digests


@given(st.dictionaries(st.text("ab\\\n *", min_size=1, max_size=6), st.just("0" * 64)))
def test_manifests_of_odd_names(digests: dict[str, str]) -> None:
    """No name is lost or changed on the way."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sums")  # noqa: PTH118
        write_manifest(path, digests)
        assert read_manifest(path) == digests


@pytest.mark.parametrize("line", ["no sum", "0" * 63 + "  name", "0" * 64 + " name", "0" * 64])
def test_a_line_that_is_no_sum(line: str, tmp_path: Path) -> None:
    """The error names the line."""
    path = tmp_path / "sums"
    path.write_text(f"# a remark\n{'0' * 64}  good\n{line}\n")
    with pytest.raises(StorageError, match=":3"):
        read_manifest(str(path))


def test_manifests_that_cannot_be_had(tmp_path: Path) -> None:
    """Unreadable, not text, or nowhere to write."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for call in (
        lambda: read_manifest(str(tmp_path / "gone")),
        lambda: read_manifest(str(tmp_path / "binary")),
        lambda: write_manifest(str(tmp_path / "gone/sums"), {}),
    ):
        with pytest.raises(StorageError):
            call()
