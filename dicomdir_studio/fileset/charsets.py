"""Decoding the text of records in its character set (PS3.5 6.1, PS3.3 C.12.1.1.2).

Bytes that cannot be in the declared character set are detected. Possible alternatives are
offered for the user to choose from, and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.character_sets import CHARACTER_SETS, CharacterSetKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicomdir_studio.fileset.contents import FileSetContents

Terms = tuple[str, ...]
Encodings = tuple[str, ...]

TEXT_VRS: Final = frozenset((b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"))
"""The VRs that Specific Character Set applies to (PS3.5 6.1.2.3)."""

_ESCAPE: Final = b"\x1b"
_SPELLING: Final = re.compile(r"ISO[ _-]?(2022[ _-])?IR[ _-]?([0-9]+)\Z", re.IGNORECASE)
_LINE_ENDS: Final = frozenset(b"\t\n\f\r\\")
_NAME_ENDS: Final = _LINE_ENDS | frozenset(b"^=")
_WHOLE_FRAGMENT: Final = {b"\x1b$B": "iso2022_jp", b"\x1b$(D": "iso2022_jp_2"}
_KANJI: Final = re.compile(rb"[\x80-\xa0\xe0-\xff]").search
_CONTROLS: Final = frozenset("\t\n\f\r\x1b")
_SAMPLES: Final = 12
_MULTIPLE: Final[tuple[Terms, ...]] = (
    ("", "ISO 2022 IR 87"),
    ("ISO 2022 IR 13", "ISO 2022 IR 87"),
    ("", "ISO 2022 IR 87", "ISO 2022 IR 159"),
    ("", "ISO 2022 IR 149"),
    ("", "ISO 2022 IR 58"),
)

FOREIGN_SETS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "windows-1250": ("cp1250", said("Central Europe (Windows)")),
        "windows-1251": ("cp1251", said("Cyrillic (Windows)")),
        "windows-1252": ("cp1252", said("Western Europe (Windows)")),
        "windows-1253": ("cp1253", said("Greek (Windows)")),
        "windows-1254": ("cp1254", said("Turkish (Windows)")),
        "windows-1255": ("cp1255", said("Hebrew (Windows)")),
        "windows-1256": ("cp1256", said("Arabic (Windows)")),
        "koi8-r": ("koi8_r", said("Cyrillic (KOI8-R)")),
        "shift_jis": ("cp932", said("Japanese (Shift JIS)")),
        "euc-jp": ("euc_jp", said("Japanese (EUC)")),
        "euc-kr": ("cp949", said("Korean (EUC)")),
        "big5": ("cp950", said("Traditional Chinese (Big5)")),
    }
)
"""Non-standard character sets that are found on media: codec and descriptive name.

They can be read but not declared: text in one of them is rewritten as ISO_IR 192.
"""

FOREIGN_CODECS: Final = frozenset(codec for codec, _ in FOREIGN_SETS.values())


def _escapes() -> dict[bytes, str]:
    """Return the codec that each escape sequence selects."""
    found = {b"\x1b(B": "ascii"}
    for row in CHARACTER_SETS.values():
        found.update(dict.fromkeys(row.escapes, row.codec))
    return found


_CODEC_OF_ESCAPE: Final = _escapes()


class Decoded(NamedTuple):
    """A decoded text, and whether its bytes are valid in the character set."""

    text: str
    sound: bool


class Reading(NamedTuple):
    """One way to read the text of a File-set.

    Attributes
    ----------
    term : str
        The value of Specific Character Set, several separated by backslashes.
    label : str
        A descriptive name.
    samples : tuple of str
        Sample values, the same ones in each reading, for comparison.
    """

    term: str
    label: str
    samples: tuple[str, ...]


def terms_of(charset: str | Sequence[str]) -> Terms:
    r"""Return the defined terms of a Specific Character Set, with corrected spelling.

    Parameters
    ----------
    charset : str or sequence of str
        One term, several separated by backslashes, or a sequence of them; or the name of
        one of `FOREIGN_SETS`.

    Raises
    ------
    ValueError
        If a term is not of PS3.3 C.12.1.1.2, nor one of `FOREIGN_SETS`.
    """
    parts = charset.split("\\") if isinstance(charset, str) else list(charset)
    terms = tuple(_spelled(part) for part in parts)
    if len(terms) == 1 and terms[0] in FOREIGN_SETS:
        return terms
    for term in terms:
        if term not in CHARACTER_SETS and term != "ISO_IR 6":
            raise FileSetError(
                f"'{term}' is no character set of the Standard",
                why="PS3.3 C.12.1.1.2",
                remedy=f"Choose one of {', '.join(filter(None, (*CHARACTER_SETS, *FOREIGN_SETS)))}",
            )
    return terms


def _spelled(term: str) -> str:
    """Return a term in the spelling of the Standard, correcting common mistakes."""
    bare = term.strip(" \0")
    match = _SPELLING.match(bare)
    if bare.casefold() in FOREIGN_SETS:
        return bare.casefold()
    if match is None:
        return "GBK" if bare == "ISO 2022 GBK" else bare
    return f"ISO 2022 IR {match[2]}" if match[1] else f"ISO_IR {match[2]}"


@lru_cache(maxsize=256)
def codecs_of(terms: Terms) -> Encodings:
    """Return the Python codecs of terms, with pydicom's names; unknown terms are skipped."""
    known = pydicom.charset.python_encoding
    stand_alone = pydicom.charset.STAND_ALONE_ENCODINGS
    names: list[str] = []
    for place, term in enumerate(map(_spelled, terms)):
        if term in FOREIGN_SETS:
            return (FOREIGN_SETS[term][0],)
        row = CHARACTER_SETS.get(term)
        name = known.get(term) or (row.codec if row is not None else None)
        if place == 0 and term in stand_alone and name:
            return (name,)
        if name and term not in stand_alone and name not in names:
            names.append(name)
        elif place == 0:
            names.append(pydicom.charset.default_encoding)
    return tuple(names)


def decode_text(value: bytes, encodings: Encodings, *, is_name: bool = False) -> Decoded:
    """Return the decoded text, with replacement characters where it is invalid.

    Parameters
    ----------
    value : bytes
        The encoded value, padding and backslashes included.
    encodings : tuple of str
        The codecs of the declared terms, from `codecs_of`.
    is_name : bool
        Whether the components of a person name reset the character set (PS3.5 6.1.2.5.3).
    """
    first = encodings[0]
    plain, *escaped = re.split(rb"(?=\x1b)", value)
    parts = [_piece(plain, first)]
    for fragment in escaped:
        parts += _fragment(fragment, encodings, _NAME_ENDS if is_name else _LINE_ENDS)
    text = "".join(part.text for part in parts)
    sound = all(part.sound for part in parts) and not _has_controls(text)
    return Decoded(text, sound)


def _piece(value: bytes, codec: str) -> Decoded:
    """Decode bytes with one codec."""
    try:
        # ISO_IR 13 has no kanji: they are those of Shift JIS, which readers may not know.
        return Decoded(value.decode(codec), sound=codec != "shift_jis" or not _KANJI(value))
    except (UnicodeError, LookupError):
        return Decoded(value.decode("ascii", "replace"), sound=False)


def _fragment(fragment: bytes, encodings: Encodings, ends: frozenset[int]) -> list[Decoded]:
    """Decode text that follows an escape sequence, with resets of the character set."""
    length = 4 if fragment[1:3] in (b"$(", b"$)") else 3
    escape, rest = fragment[:length], fragment[length:]
    codec = _CODEC_OF_ESCAPE.get(escape)
    if codec is None:
        return [Decoded("\ufffd", sound=False), _piece(rest, encodings[0])]
    declared = codec == "ascii" or any(_same(codec, name) for name in encodings)
    if escape in _WHOLE_FRAGMENT:
        piece = _piece(fragment + b"\x1b(B", codec)
        return [Decoded(piece.text, piece.sound and declared)]
    end = next((place for place, octet in enumerate(rest) if octet in ends), len(rest))
    piece = _piece(rest[:end], codec)
    return [Decoded(piece.text, piece.sound and declared), _piece(rest[end:], encodings[0])]


@lru_cache(maxsize=256)
def _same(codec: str, other: str) -> bool:
    """Return whether two names denote the same codec."""
    import codecs

    try:
        return codecs.lookup(codec).name == codecs.lookup(other).name
    except LookupError:
        return False


def _has_controls(text: str) -> bool:
    """Return whether a text has control characters that are not allowed (PS3.5 6.1.3)."""
    return any(
        unicodedata.category(character) == "Cc" and character not in _CONTROLS
        for character in text.rstrip("\0")
    )


# What it could be instead


def candidate_readings(file_set: FileSetContents) -> list[Reading]:
    """Return the possible readings of the text of a File-set's records.

    Every character set of PS3.3 C.12.1.1.2 in which all the sampled values make
    sense, likely ones first. Nothing is changed; `FileSet.load` takes the choice
    as its ``charset``.

    Returns
    -------
    list of Reading
        Empty where all text is in the default repertoire, which reads the same in all.
    """
    return readings_of(_sampled(file_set), _SAMPLES)


def readings_of(values: Sequence[tuple[bytes, bool]], samples: int) -> list[Reading]:
    """Return the ways in which encoded values can be read, likely ones first.

    Parameters
    ----------
    values : sequence of (bytes, bool)
        The values and whether each is a person name.
    samples : int
        How many of them each reading shows.
    """
    if not values:
        return []
    escaped = any(_ESCAPE in value for value, _ in values)
    found: dict[tuple[str, ...], Reading] = {}
    for terms in _choices(escaped=escaped):
        encodings = codecs_of(terms)
        decoded = [decode_text(value, encodings, is_name=name) for value, name in values]
        if all(one.sound for one in decoded):
            texts = tuple(one.text.strip(" \0") for one in decoded)
            if terms[0] in FOREIGN_SETS and texts in found:
                continue  # it reads the same in a set of the Standard
            found[texts + terms if texts in found else texts] = Reading(
                "\\".join(terms), _label(terms), texts[:samples]
            )
    return list(found.values())


def _choices(*, escaped: bool) -> Iterable[Terms]:
    """Return the character sets to try, those that say most by making sense first."""
    kind = CharacterSetKind
    if escaped:
        yield from _MULTIPLE
        for row in CHARACTER_SETS.values():
            if row.kind is kind.SINGLE_BYTE_ISO_2022 and row.codec != "ascii":
                yield "", row.term
        return
    for wanted in (kind.MULTI_BYTE, kind.SINGLE_BYTE):
        yield from ((row.term,) for row in CHARACTER_SETS.values() if row.kind is wanted)
    yield from ((term,) for term in FOREIGN_SETS)


def _label(terms: Terms) -> str:
    """Return the name of some terms for people."""
    if terms[0] in FOREIGN_SETS:
        return FOREIGN_SETS[terms[0]][1]
    labels = [CHARACTER_SETS[term].label for term in terms if term]
    return reduce(lambda before, label: said("{0} and {1}", before, label), labels)


def _sampled(file_set: FileSetContents) -> list[tuple[bytes, bool]]:
    """Return some values that are not plain, names first, and whether each is a name."""
    names: dict[bytes, None] = {}
    others: dict[bytes, None] = {}
    for node in file_set.tree:
        if node.instance is not None and (names or others):
            continue
        for vr, value in node._texts():
            (names if vr == b"PN" else others)[value] = None
        if len(names) >= _SAMPLES:
            break
    chosen = [(value, True) for value in names][:_SAMPLES]
    return chosen + [(value, False) for value in others][: _SAMPLES - len(chosen)]


__all__ = [
    "FOREIGN_CODECS", "FOREIGN_SETS", "TEXT_VRS", "Decoded", "Reading", "Terms",
    "candidate_readings", "codecs_of", "decode_text", "readings_of", "terms_of",
]  # fmt: skip
