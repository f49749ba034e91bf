"""Plans that are unsafe or contradict themselves are refused before the disk is looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.errors import FileIdError, StorageError
from dicomdir_studio.storage import (
    CopyFrom,
    LinkTo,
    Plan,
    PlanError,
    Put,
    PutBytes,
    Removal,
    Replace,
    Stage,
    UnsafePathError,
    check_plan,
    check_relative,
    execute,
)
from tests.storage.trees import plan_of

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "",
    ".",
    "..",
    "/",
    "/etc/passwd",
    "../x",
    "a/../x",
    "a/..",
    "./x",
    "a/./x",
    "a//x",
    "a/",
    "a\\x",
    "..\\x",
    "C:x",
    "c:/x",
    "a\0b",
    "x\0",
    ".dicomdir-studio.journal",
    ".DICOMDIR-STUDIO.lock",
    ".dicomdir-studio.x/y",
)


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_names_are_refused(path: str) -> None:
    """No name leads out of the root or to the package's own files."""
    with pytest.raises(UnsafePathError) as caught:
        check_relative(path)
    assert isinstance(caught.value, FileIdError)
    assert isinstance(caught.value, StorageError)
    assert isinstance(caught.value, PermissionError)


@pytest.mark.parametrize("path", ["IM1", "a/b/c", "...", "a..b/c", ".hidden", "ü/ß", "a b", "ab:c"])
def test_plain_names_are_taken(path: str) -> None:
    """Names that only look odd are none of storage's business."""
    assert check_relative(path) == path


@given(st.text(alphabet="a./\\:C\0", max_size=12))
def test_no_accepted_name_leads_out(path: str) -> None:
    """Whatever passes stays below the root when it is joined to it."""
    try:
        check_relative(path)
    except UnsafePathError:
        return
    joined = os.path.normpath(os.path.join("/folder/of/all", path))  # noqa: PTH118
    assert joined == f"/folder/of/all/{path}"


@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize("role", ["put", "link", "link source", "index", "backup", "removal"])
def test_hostile_names_in_every_role(path: str, role: str, tmp_path: Path) -> None:
    """A plan with such a name anywhere is refused, and nothing is made."""
    puts: dict[str, tuple[Put, ...]] = {
        "put": (PutBytes(b"", path),),
        "link": (LinkTo("a", path, 1),),
        "link source": (LinkTo(path, "a", 1),),
    }
    index = path if role == "index" else "INDEX"
    replace = Replace(index, b"", path if role == "backup" else None)
    removals = (Removal(path),) if role == "removal" else ()
    plan = Plan(
        str(tmp_path / "root"), (Stage(puts.get(role, ()), replace, removals),), frozenset({path})
    )
    with pytest.raises(UnsafePathError):
        execute(plan)
    assert list(tmp_path.iterdir()) == []


def test_contradictions(tmp_path: Path) -> None:
    """Each conflict is a PlanError that names the file."""
    index = Replace("INDEX", b"")
    link = LinkTo("a", "b", 1)
    contradictions = {
        "no stage": Plan("/r", ()),
        "index in a folder": Plan("/r", (Stage((), Replace("a/INDEX", b"")),)),
        "two indexes": Plan("/r", (Stage((), index), Stage((), Replace("OTHER", b"")))),
        "late backup": Plan("/r", (Stage((), index), Stage((), Replace("INDEX", b"", "B")))),
        "backup is index": Plan("/r", (Stage((), Replace("INDEX", b"", "INDEX")),)),
        "late copy": Plan("/r", (Stage((), index), Stage((PutBytes(b"", "a"),), index))),
        "put twice": Plan("/r", (Stage((PutBytes(b"", "a"), PutBytes(b"", "a")), index),)),
        "put is index": Plan("/r", (Stage((PutBytes(b"", "INDEX"),), index),)),
        "put is backup": Plan("/r", (Stage((PutBytes(b"", "B"),), Replace("INDEX", b"", "B")),)),
        "relative source": Plan("/r", (Stage((CopyFrom("x", "a", 1),), index),)),
        "not owned": Plan("/r", (Stage((), index, (Removal("a"),)),)),
        "index removed": Plan("/r", (Stage((), index, (Removal("INDEX"),)),), frozenset({"INDEX"})),
        "own put removed": Plan("/r", (Stage((link,), index, (Removal("b"),)),), frozenset({"b"})),
    }
    for plan in contradictions.values():
        with pytest.raises(PlanError) as caught:
            check_plan(plan)
        assert caught.value.where


def test_what_an_earlier_stage_put_may_be_removed() -> None:
    """Interim names need not be owned before."""
    first = Stage((PutBytes(b"", "tmp"),), Replace("INDEX", b"1"))
    second = Stage((LinkTo("tmp", "end", 0),), Replace("INDEX", b"2"), (Removal("tmp"),))
    check_plan(Plan("/r", (first, second)))


def test_sizes() -> None:
    """Sizes are those of the bytes, in one piece or several, of any item size."""
    assert PutBytes(memoryview(b"12345678").cast("I"), "a").size == 8
    assert Replace("INDEX", (b"123", bytearray(b"45"))).size == 5


def test_an_owned_name_may_be_removed(tmp_path: Path) -> None:
    """The plan of the helper for these tests is a sound one."""
    check_plan(plan_of(tmp_path, removals=["a/b"]))
