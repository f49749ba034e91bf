"""Fonts of the system that can print given texts, whatever script names are written in."""

from __future__ import annotations

import os
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REPLACEMENT: Final = "?"
"""Stands for a letter that no font can print."""

_PAIRS: Final = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("FreeSans.ttf", "FreeSansBold.ttf"),
)
"""Fonts for all that is written, plain and bold, the best first."""

_MORE: Final = (
    # Japanese, Chinese, Korean: of Linux distributions, Windows, macOS.
    "NotoSansCJK-Regular.ttc",
    "NotoSansJP-Regular.otf",
    "SourceHanSans-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "wqy-microhei.ttc",
    "ipag.ttf",
    "YuGothM.ttc",
    "msgothic.ttc",
    "msyh.ttc",
    "simsun.ttc",
    "malgun.ttf",
    "Arial Unicode.ttf",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
    # Arabic, Hebrew, Thai, Devanagari.
    "NotoSansArabic-Regular.ttf",
    "NotoNaskhArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "segoeui.ttf",
    "tahoma.ttf",
    "LeelawUI.ttf",
    "Nirmala.ttf",
    "Thonburi.ttc",
)
"""Fonts for what those lack, tried before all others of the system."""

_SUFFIXES: Final = (".ttf", ".otf", ".ttc")
_MOST_FONTS: Final = 500
_RESTRICTED: Final = 0x0002
_UNSEEN: Final = ("Cc", "Cf", "Zs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Fonts for a paper.

    Attributes
    ----------
    regular, bold : str or None
        Files of the main font; None means the fonts of every PDF reader, which have the
        letters of Western Europe alone.
    further : tuple of str
        Files of fonts for the letters that those lack.
    missing : str
        Letters that no font of this system has.
    """

    regular: str | None
    bold: str | None
    further: tuple[str, ...]
    missing: str

    def printable(self, text: str) -> str:
        """Return a text as it can be printed, in one line, with `REPLACEMENT` for the rest."""
        seen = (" " if unicodedata.category(sign) in _UNSEEN[:1] else sign for sign in text)
        line = " ".join("".join(seen).split())
        for sign in self.missing:
            line = line.replace(sign, REPLACEMENT)
        return line if self.regular else line.replace("\N{LEFT-TO-RIGHT MARK}", "")


def lettering_for(texts: Iterable[str], folders: Sequence[str] | None = None) -> Lettering:
    """Choose fonts that have every letter of some texts, as few as it takes.

    Parameters
    ----------
    texts : iterable of str
        All that will be printed.
    folders : sequence of str, optional
        Where fonts are; by default where the system and the user keep them.
    """
    wanted = {sign for text in texts for sign in text if unicodedata.category(sign) not in _UNSEEN}
    files = _files(tuple(font_folders() if folders is None else folders))
    regular, bold = next(
        ((files[one], files.get(two, files[one])) for one, two in _PAIRS if one in files),
        (None, None),
    )
    if regular is None:
        wanted = {sign for sign in wanted if not _is_western(sign)}
    else:
        wanted -= letters_of(regular)
    further: list[str] = []
    known = [files[name] for name in _MORE if name in files]
    for path in (*known, *sorted(set(files.values()) - {*known})[:_MOST_FONTS]):
        if not wanted:
            break
        found = wanted & letters_of(path)
        if found:
            further.append(path)
            wanted -= found
    return Lettering(regular, bold, tuple(further), "".join(sorted(wanted)))


def font_folders() -> list[str]:
    """Return where this system and the user keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        found = [windows / "Fonts", local / "Microsoft" / "Windows" / "Fonts"]
    elif sys.platform == "darwin":
        found = [
            home / "Library" / "Fonts",
            Path("/Library/Fonts"),
            Path("/System/Library/Fonts"),
        ]
    else:
        found = [
            home / ".local" / "share" / "fonts",
            home / ".fonts",
            Path("/usr/local/share/fonts"),
            Path("/usr/share/fonts"),
        ]
    return [str(path) for path in found]


@cache
def _files(folders: tuple[str, ...]) -> dict[str, str]:
    """Return the fonts in some folders by the names of their files; the first of a name."""
    found: dict[str, str] = {}
    for name, path in _walked(folders):
        found.setdefault(name, path)
    return found


def _walked(folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield name and path of every font file below some folders."""
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                if name.lower().endswith(_SUFFIXES):
                    yield name, os.path.join(place, name)


@cache
def letters_of(path: str) -> frozenset[str]:
    """Return the letters that a font has; none if it cannot be embedded or read."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - for papers alone

    try:
        with open(path, "rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            has_outlines = "glyf" in font or "CFF " in font
            if not has_outlines or font["OS/2"].fsType & 0x000F == _RESTRICTED:
                return frozenset()
            return frozenset(map(chr, font.getBestCmap() or ()))
    except Exception:  # noqa: BLE001 - a broken font of the system must not keep a label from being made
        return frozenset()


def _is_western(sign: str) -> bool:
    """Return whether the fonts of every PDF reader have a letter."""
    try:
        sign.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
