"""The package's own data files, read once each, and mappings filled when first asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

_FOLDER = Path(__file__).with_name("data")

Value = TypeVar("Value")


def read_table(name: str) -> dict[str, Any]:
    """Return the content of ``data/<name>.json``."""
    table: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return table


def tag_of(text: str) -> int:
    """Return a tag written as eight hexadecimal digits as a number."""
    return int(text, 16)


class LazyTable(Mapping[str, Value]):
    """A read-only mapping whose rows are read when somebody first looks.

    Parameters
    ----------
    read : callable
        Returns all rows; called once at most, at the first look.
    """

    __slots__ = ("_read", "_rows")

    def __init__(self, read: Callable[[], dict[str, Value]]) -> None:
        self._read = read
        self._rows: dict[str, Value] | None = None

    def _all(self) -> dict[str, Value]:
        """Return the rows, reading them the first time."""
        # Two threads that come first together both read; the rows are equal, so no lock is needed.
        rows = self._rows
        if rows is None:
            rows = self._rows = self._read()
        return rows

    def __getitem__(self, key: str) -> Value:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        state = "unread" if self._rows is None else f"{len(self._rows)} rows"
        return f"<{type(self).__name__}: {state}>"
