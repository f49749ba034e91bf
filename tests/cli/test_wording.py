"""One thing has one word, wherever people read of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from dicomdir_studio.cli.main import commands
from tests.texts import FOLDER, ROOT, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

# What ends too early is cut off; a write that is interrupted is cut short.
_OTHER_WORDS = ("truncat",)


def _helps() -> Iterator[tuple[str, str]]:
    """Yield what the help of every command says."""
    waiting: list[tuple[str, click.Command]] = [("dicomdir-studio", commands)]
    while waiting:
        name, command = waiting.pop()
        yield name, command.get_help(click.Context(command))
        if isinstance(command, click.Group):
            waiting += [(f"{name} {below}", one) for below, one in command.commands.items()]


def _pages() -> Iterator[tuple[str, str]]:
    """Yield everything that people read: messages, help and guides."""
    for text, file in texts().items():
        yield file, text
    yield from _helps()
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs/guide").glob("*.md")):
        yield path.name, path.read_text(encoding="utf-8")


@pytest.mark.parametrize("word", _OTHER_WORDS)
def test_what_ends_too_early_is_cut_off(word: str) -> None:
    """Messages, help and guides say the same of it."""
    pages = list(_pages())
    assert len(pages) > 1000
    assert any("cut off" in text for _, text in pages)
    assert [name for name, text in pages if word in text.lower()] == []


def test_a_file_set_is_written_one_way_in_german() -> None:
    """As in English it is written in the names of attributes alone, which are not translated."""
    source = (FOLDER / "de.ts").read_text(encoding="utf-8")
    found = re.findall(r"<translation>(.*?)</translation>", source, re.DOTALL)
    assert len(found) > 1000
    names = re.compile(r"File-set (UID|ID|Consistency Flag|Descriptor)")
    assert [text for text in found if "File-set" in names.sub("", text)] == []
