"""A medium that goes away, or fills up, for good in the middle of a write of a File-set."""

from __future__ import annotations

import errno
import shutil
import warnings
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio import storage
from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import FileSet, opening, writing
from dicomdir_studio.storage import preconditions
from tests.storage.contents import content_by_us
from tests.storage.file_sets import CASES, make, ready, snapshot, staged_state
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.faults


def on(fault: Fault, step: Callable[[], object]) -> StorageError | None:
    """Make a step on a faulty medium, on which a recovery meets the same; returns the error."""
    with pytest.MonkeyPatch.context() as patch:
        recover = partial(storage.recover, volume=fault)
        patch.setattr(writing, "execute", partial(storage.execute, volume=fault))
        patch.setattr(writing, "recover", recover)
        patch.setattr(opening, "recover", recover)
        try:
            step()
        except StorageError as error:
            return error
    return None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "gone"])
@pytest.mark.parametrize("case", CASES)
def test_a_medium_that_stays_away(case: str, number: int, fresh_folder: Callable[[], Path]) -> None:
    """From some call on everything fails, the undoing too.

    Whoever has the object loses nothing that was staged, or has what was written. When
    the medium is back, the same object writes, or has been written, and all is as it
    would have been.
    """
    warnings.simplefilter("ignore")
    base = fresh_folder()
    base.mkdir()
    template, folder = base / "template", base / "case"
    make(case, template)

    def again() -> tuple[FileSet, Callable[[], object], Any]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        file_set, step = ready(case, folder)
        assert file_set is not None
        return file_set, step, staged_state(file_set)

    counted = Fault()
    _, step, _ = again()
    assert on(counted, step) is None
    new = snapshot(folder)
    endings = []
    for call in range(1, counted.calls + 1):
        file_set, step, seen = again()
        error = on(Fault(call, number, lasting=True), step)
        is_new = isinstance(error, storage.UnfinishedWriteError)
        assert is_new or isinstance(error, storage.UnfinishedUndoError)
        endings.append(is_new)
        # At the commit itself a medium that is gone cannot be asked which of the two it is.
        assert is_new or staged_state(file_set) == seen
        for root in {file_set.path or str(folder / "root"), str(folder / "copy")}:
            storage.recover(root)
        if snapshot(folder) != new:
            step()
        assert snapshot(folder) == new
    assert endings == sorted(endings)
    assert not endings[0]


@pytest.mark.parametrize(
    ("case", "number", "late"),
    [
        ("over", None, False),
        ("change", None, False),
        ("standard", None, True),
        ("change", errno.ENOSPC, False),
        ("change", errno.EIO, True),
    ],
)
def test_files_renamed_for_want_of_room(
    case: str,
    number: int | None,
    late: bool,
    fresh_folder: Callable[[], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No hard links and no room for copies: files are renamed, and the journal leads on or back.

    Until it has, other software misses files; no record leads to another's file all the same.
    """
    warnings.simplefilter("ignore")
    real = preconditions._examine_space

    def without_room(plan: Any, volume: Any, survey: Any) -> None:
        real(plan, volume, survey)
        assert plan.allow_rename
        survey.rename = not survey.links

    monkeypatch.setattr(preconditions, "_examine_space", without_room)
    base = fresh_folder()
    base.mkdir()
    template, folder = base / "template", base / "case"
    make(case, template)
    old_content = content_by_us(template / "root")

    def again() -> Callable[[], object]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        return ready(case, folder)[1]

    counted = Fault(weak=True)
    step = again()
    assert on(counted, step) is None
    new, new_content = snapshot(folder), content_by_us(folder / "root")
    endings = []
    for call in range(1, counted.calls + 1):
        step = again()
        old = snapshot(folder)
        fault = Fault(call, number, late=late, weak=True)
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(writing.Writer, "_settle", lambda *_: None)
            on(fault, step)
        found = content_by_us(folder / "root")
        assert found in (old_content, new_content)
        assert snapshot(folder) in (old, new)
        endings.append(snapshot(folder) == new)
    assert endings[-1]
    if number is None:
        assert endings == sorted(endings)
        assert not endings[0]
