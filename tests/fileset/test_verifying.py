"""Verification after a write: what it finds on the medium, and what it must not find."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, Layout, writing
from dicomdir_studio.fileset.verifying import VerificationError
from dicomdir_studio.storage import CopyFrom, Plan
from dicomdir_studio.storage.volume import Volume
from tests.fileset.failed_writes import edited

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor


def test_verification_finds_a_flipped_bit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was damaged on its way to the medium is named."""
    file_set = edited(root)
    real = Volume.write

    def damaged(self: Volume, descriptor: int, data: Any) -> None:
        content = bytearray(data)
        if content[128:132] == b"DICM" and len(content) > 20_000:
            content[-1] ^= 1
        real(self, descriptor, content)

    monkeypatch.setattr(Volume, "write", damaged)
    with pytest.raises(VerificationError, match="its content is another"):
        file_set.write(verify=True)


def test_verification_follows_every_record(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was there before and got lost on the way is found by the records."""
    file_set = edited(root)
    lost = Path(list(file_set)[20].path)
    real = writing.carry_out

    def losing(plan: Any, monitor: Monitor, **more: Any) -> Any:
        receipt = real(plan, monitor, **more)
        lost.unlink()
        return receipt

    monkeypatch.setattr(writing, "carry_out", losing)
    with pytest.raises(VerificationError, match=rf"{lost.name}: it is not there"):
        file_set.write(layout=Layout.KEEP, verify=True)


def test_verification_reads_whose_files_they_are(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that leads to another's file is found, though every byte is as it was copied."""
    file_set = FileSet()
    file_set.add(pair[0])
    plan = file_set.plan(tmp_path / "set")
    (stage,) = plan.storage_plan.stages
    (put,) = stage.puts
    assert isinstance(put, CopyFrom)
    wrong = stage._replace(puts=(put._replace(source=str(pair[1]), ctime_ns=None),))
    storage_plan = Plan(plan.root, (wrong,))
    with pytest.raises(VerificationError, match="that of another instance"):
        file_set.execute(plan._replace(storage_plan=storage_plan), verify=True)


@pytest.mark.parametrize("call", ["write", "copy"])
def test_verification_of_what_is_well(root: Path, tmp_path: Path, call: str) -> None:
    """Nothing is found where nothing is wrong, with a file missing all along too."""
    Path(list(FileSet(root / "DICOMDIR"))[8].path).unlink()
    with pytest.warns(UserWarning, match="does not exist"):
        file_set = edited(root)
    if call == "write":
        receipt = file_set.write(verify=True)
        assert receipt is not None
        assert receipt.verified
    else:
        staged = (file_set.path, len(file_set), file_set.edit_count, file_set.undo_text)
        assert len(file_set.copy(tmp_path / "copy", verify=True)) == 28
        assert (file_set.path, len(file_set), file_set.edit_count, file_set.undo_text) == staged
