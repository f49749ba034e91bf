"""Character sets that Specific Character Set (0008,0005) may name (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Mapping


class CharacterSetKind(enum.Enum):
    """How a character set may be used; the value names its table in PS3.3 C.12.1.1.2."""

    DEFAULT = "Table C.12-1"
    SINGLE_BYTE = "Table C.12-2"
    SINGLE_BYTE_ISO_2022 = "Table C.12-3"
    MULTI_BYTE_ISO_2022 = "Table C.12-4"
    MULTI_BYTE = "Table C.12-5"


class CharacterSet(NamedTuple):
    """One defined term of Specific Character Set.

    Attributes
    ----------
    term : str
        The defined term; empty for the default repertoire, which is named by absence.
    codec : str
        The Python codec of its characters. A multi-byte set with code extensions shares a
        text with others: its codec decodes what lies between two escape sequences.
    kind : CharacterSetKind
        Whether it stands alone, needs code extensions (ISO 2022), or forbids them.
    label : str
        Its name for people, a phrase that can be translated.
    escapes : tuple of bytes
        Escape sequences that switch to it within a text; empty without code extensions.
    """

    term: str
    codec: str
    kind: CharacterSetKind
    label: str
    escapes: tuple[bytes, ...] = ()

    @property
    def clause(self) -> str:
        """The clause and table of the Standard that defines the term."""
        return f"PS3.3 C.12.1.1.2 {self.kind.value}"


# Registration number, codec, label, final characters of the escape sequences (PS3.3 Table C.12-3).
_SINGLE_BYTE: tuple[tuple[int, str, str, tuple[bytes, ...]], ...] = (
    (100, "latin_1", said("Latin 1 (Western Europe)"), (b"-A",)),
    (101, "iso8859_2", said("Latin 2 (Central Europe)"), (b"-B",)),
    (109, "iso8859_3", said("Latin 3 (South Europe)"), (b"-C",)),
    (110, "iso8859_4", said("Latin 4 (North Europe)"), (b"-D",)),
    (144, "iso8859_5", said("Cyrillic"), (b"-L",)),
    (127, "iso8859_6", said("Arabic"), (b"-G",)),
    (126, "iso8859_7", said("Greek"), (b"-F",)),
    (138, "iso8859_8", said("Hebrew"), (b"-H",)),
    (148, "iso8859_9", said("Latin 5 (Turkish)"), (b"-M",)),
    (203, "iso8859_15", said("Latin 9 (Western Europe with the Euro)"), (b"-b",)),
    (13, "shift_jis", said("Japanese (katakana)"), (b")I", b"(J")),
    (166, "tis_620", said("Thai"), (b"-T",)),
)
_MULTI_BYTE_ISO_2022: tuple[tuple[int, str, str, bytes], ...] = (
    (87, "iso2022_jp", said("Japanese (kanji)"), b"$B"),
    (159, "iso2022_jp_2", said("Japanese (supplementary kanji)"), b"$(D"),
    (149, "euc_kr", said("Korean"), b"$)C"),
    (58, "gb2312", said("Simplified Chinese"), b"$)A"),
)
_MULTI_BYTE: tuple[tuple[str, str, str], ...] = (
    ("ISO_IR 192", "utf_8", said("Unicode (UTF-8)")),
    ("GB18030", "gb18030", said("Chinese (GB18030)")),
    ("GBK", "gbk", said("Chinese (GBK)")),
)

DEFAULT = CharacterSet("", "ascii", CharacterSetKind.DEFAULT, said("Default (ASCII)"))
"""The default repertoire ISO IR 6, which needs no Specific Character Set."""


def _all_sets() -> dict[str, CharacterSet]:
    """Return every defined term's row."""
    kind = CharacterSetKind
    sets = [
        DEFAULT,
        CharacterSet(
            "ISO 2022 IR 6",
            "ascii",
            kind.SINGLE_BYTE_ISO_2022,
            said("{0}, extensible", DEFAULT.label),
            (b"\x1b(B",),
        ),
    ]
    for number, codec, label, finals in _SINGLE_BYTE:
        escapes = tuple(b"\x1b" + final for final in finals)
        extensible = said("{0}, extensible", label)
        sets += (
            CharacterSet(f"ISO_IR {number}", codec, kind.SINGLE_BYTE, label),
            CharacterSet(
                f"ISO 2022 IR {number}", codec, kind.SINGLE_BYTE_ISO_2022, extensible, escapes
            ),
        )
    sets += (
        CharacterSet(
            f"ISO 2022 IR {number}", codec, kind.MULTI_BYTE_ISO_2022, label, (b"\x1b" + final,)
        )
        for number, codec, label, final in _MULTI_BYTE_ISO_2022
    )
    sets += (
        CharacterSet(term, codec, kind.MULTI_BYTE, label) for term, codec, label in _MULTI_BYTE
    )
    return {row.term: row for row in sets}


CHARACTER_SETS: Mapping[str, CharacterSet] = MappingProxyType(_all_sets())
"""Every defined term, the empty one of the default repertoire included."""
