"""The journal says all that recovery needs, and a torn one is known for what it is."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.storage import RecoveryError, UnsafePathError
from dicomdir_studio.storage.journal import Journal, JournalStage, decode, encode

_names = st.from_regex(r"[A-Z0-9_]{1,8}(/[A-Za-zäß]{1,5}){0,3}", fullmatch=True)
_sizes = st.integers(0, 1 << 40)
_stages = st.builds(
    JournalStage,
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
    copies=st.lists(st.tuples(_names, _sizes), max_size=5).map(tuple),
    links=st.lists(st.tuples(_names, _names, _sizes), max_size=5).map(tuple),
    removals=st.lists(_names, max_size=5).map(tuple),
    folders=st.lists(_names, max_size=5).map(tuple),
)
_journals = st.builds(
    Journal,
    name=st.just("INDEX"),
    before=st.none() | st.just("0" * 64),
    stages=st.lists(_stages, min_size=1, max_size=3).map(tuple),
    backup=st.none() | st.just("INDEX.OLD"),
    rename=st.booleans(),
    weak=st.booleans(),
    made_root=st.booleans(),
    started=st.just("2024-05-06T07:08:09+00:00"),
    host=st.text(max_size=5),
    pid=st.integers(1, 1 << 22),
)

SAMPLE = Journal(
    name="INDEX",
    before=None,
    stages=(
        JournalStage("a" * 64, (("A/1", 10),), (("B/1", "C/1", 20),), ("D/1",), ("A", "C")),
        JournalStage("b" * 64, (), (("C/1", "B/1", 20),), ("C/1",)),
    ),
)


@given(_journals)
def test_what_is_written_is_read(journal: Journal) -> None:
    """Every field comes back."""
    assert decode(encode(journal)) == journal


def test_long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand names are many lines, none too long."""
    copies = tuple((f"F{number}", number) for number in range(10_000))
    journal = Journal("INDEX", None, (JournalStage("a" * 64, copies),))
    data = encode(journal)
    assert data.count(b"\n") > 10
    assert decode(data) == journal


def test_a_journal_torn_anywhere() -> None:
    """Cut off at any byte, or with any byte another, it is torn: nothing had started."""
    data = encode(SAMPLE)
    for length in range(len(data)):
        assert decode(data[:length]) is None
        assert decode(data[:length] + bytes(len(data) - length)) is None
        changed = bytes([data[length] ^ 1])
        assert decode(data[:length] + changed + data[length + 1 :]) is None
    assert decode(data + b"x") is None


def _line(values: dict[str, Any]) -> bytes:
    """Return a line with the right sum."""
    text = json.dumps(values).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _with(**changes: Any) -> bytes:
    """Return a journal of one line with changes to it."""
    head: dict[str, Any] = {
        "format": 1,
        "name": "INDEX",
        "before": None,
        "stages": 1,
        "backup": None,
        "rename": False,
        "weak": False,
        "made_root": False,
        "started": "",
        "host": "",
        "pid": 1,
    }
    return _line(head | changes) + _line({"end": 1})


def test_a_later_format() -> None:
    """A journal of a later version is left to that version."""
    with pytest.raises(RecoveryError, match="unknown format"):
        decode(_with(format=2))


@pytest.mark.parametrize(
    "change", [{"stages": 0}, {"stages": "x"}, {"pid": None}, {"stages": -1}, {"name": 5}]
)
def test_a_malformed_journal(change: dict[str, Any]) -> None:
    """Right sums around wrong content are no reason to crash."""
    with pytest.raises(RecoveryError, match="malformed"):
        decode(_with(**change))


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", ".dicomdir-studio.lock"])
@pytest.mark.parametrize("where", ["name", "backup", "folder", "copy", "link", "source", "removal"])
def test_a_hostile_journal(path: str, where: str) -> None:
    """A journal from a strange medium cannot name what is outside."""
    stage = JournalStage(
        "a" * 64,
        (((path if where == "copy" else "C"), 1),),
        ((path if where == "source" else "S", path if where == "link" else "L", 1),),
        (path if where == "removal" else "R",),
        (path if where == "folder" else "F",),
    )
    journal = Journal(
        path if where == "name" else "INDEX",
        None,
        (stage,),
        path if where == "backup" else "B",
    )
    with pytest.raises(UnsafePathError):
        decode(encode(journal))
