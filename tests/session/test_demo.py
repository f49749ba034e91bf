"""The demo: laid out fresh, and played to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StudioError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.demo import make_demo, play_demo
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


def test_a_demo_is_a_file_set_and_files_to_drop_on_it(tmp_path: Path) -> None:
    """The demo has 31 instances, nothing that its DICOMDIR does not name, and additions."""
    demo = make_demo(tmp_path / "demo")
    file_set = open_file_set(demo.root)
    assert len(file_set) == 31
    files = [path for path in demo.root.rglob("*") if path.is_file()]
    assert len(files) == 32
    assert [path.name for path in demo.additions[:2]] == ["CT_small.dcm", "MR_small.dcm"]
    assert all(path.is_file() for path in demo.additions)


def test_a_demo_never_overwrites(tmp_path: Path) -> None:
    """A folder that holds something is refused."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(StudioError, match="not empty"):
        make_demo(tmp_path)


@pytest.mark.judges
def test_the_play_writes_what_was_staged(tmp_path: Path, judges: Judges) -> None:
    """31 instances and 2 new ones, less the 2 of a study; every judge accepts the copy."""
    said: list[str] = []
    demo = make_demo(tmp_path / "demo")
    before = {path: path.read_bytes() for path in demo.root.rglob("*") if path.is_file()}
    played = play_demo(demo, said.append, monitor=Monitor())
    assert played.instances == 31
    assert len(open_file_set(played.copy)) == 31
    judges.accept(played.copy, instances=31)
    assert {path: path.read_bytes() for path in demo.root.rglob("*") if path.is_file()} == before
    assert [line.split()[0] for line in said] == [
        "Opened",
        "Staged",
        "Staged",
        "Found",
        "Wrote",
        "Checked",
    ]
