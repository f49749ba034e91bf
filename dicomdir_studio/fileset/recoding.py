"""Corrects the character set that records declare, once the user has chosen (PS3.3 C.12.1.1.2).

Only the records are rewritten; the instances' files are never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.charsets import (
    FOREIGN_SETS,
    TEXT_VRS,
    Reading,
    codecs_of,
    decode_text,
    readings_of,
    terms_of,
)
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.record_bytes import has_links_leading, record_with
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, is_plain, record_encodings
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.table import LINKS_LENGTH
from dicomdir_studio.part10.transcode import elements, encoded_element, encoded_item, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.fileset.changes import Change
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.values import Encodings
    from dicomdir_studio.part10.transcode import Element

_UNICODE: Final = "ISO_IR 192"
_SAMPLES: Final = 12
_MOST_NAMED: Final = 5

Text = tuple[bytes, bool]


class TextGroup(NamedTuple):
    """Records whose text is to be read alike.

    Attributes
    ----------
    declared : str
        The Specific Character Set that they declare, several terms parted by
        backslashes; empty for none.
    sound : bool
        Whether all their text can be in that set.
    records : tuple of RecordNode
        The records, those with text in the default repertoire alone left out.
    samples : tuple of str
        Some values as they read now.
    readings : tuple of Reading
        The ways in which all their text makes sense, likely ones first; the samples
        of each are the same values.
    """

    declared: str
    sound: bool
    records: tuple[RecordNode, ...]
    samples: tuple[str, ...]
    readings: tuple[Reading, ...]


def text_groups(file_set: FileSetContents) -> list[TextGroup]:
    """Return the records with other text than that of the default repertoire, in groups.

    Records that declare the same and whose bytes look alike are one group, if one
    reading fits all; else those of each patient are one. Groups with text that cannot
    be as declared come first.
    """
    found: dict[tuple[str, bool, str], dict[RecordNode, list[Text]]] = {}
    for node in giving_way(file_set.tree):
        texts = list(_texts_of(node))
        if texts:
            declared = _declared(node)
            sound = bool(declared) and _is_sound(texts, codecs_of(tuple(declared.split("\\"))))
            sign = "" if sound else _sign_of(texts)
            found.setdefault((declared, sound, sign), {})[node] = texts
    groups: list[TextGroup] = []
    for (declared, sound, _), among in sorted(found.items(), key=lambda entry: entry[0][1]):
        whole = _group(declared, sound, among)
        parts = {} if whole.readings else _by_patient(among)
        groups += [_group(declared, sound, part) for part in parts.values()] or [whole]
    return groups


def _sign_of(texts: list[Text]) -> str:
    """Return what the bytes themselves say about their character set, "" for nothing."""
    if any(b"\x1b" in value for value, _ in texts):
        return "ISO 2022"
    # Hardly any text of another set is Unicode by chance.
    return _UNICODE if _is_sound(texts, codecs_of((_UNICODE,))) else ""


def _by_patient(
    among: dict[RecordNode, list[Text]],
) -> dict[RecordNode, dict[RecordNode, list[Text]]]:
    """Return records by the highest record above each."""
    parts: dict[RecordNode, dict[RecordNode, list[Text]]] = {}
    for node, texts in among.items():
        *_, top = node.reverse()
        parts.setdefault(top, {})[node] = texts
    return parts


def _group(declared: str, sound: bool, among: dict[RecordNode, list[Text]]) -> TextGroup:
    """Return the group of some records."""
    texts = dict.fromkeys(text for found in among.values() for text in found)
    ordered = sorted(texts, key=lambda text: not text[1])  # names say most
    encodings = codecs_of(tuple(declared.split("\\")))
    now = [decode_text(value, encodings, is_name=name) for value, name in ordered[:_SAMPLES]]
    samples = tuple(one.text.strip(" \0") for one in now)
    return TextGroup(declared, sound, tuple(among), samples, tuple(readings_of(ordered, _SAMPLES)))


def _declared(node: RecordNode) -> str:
    """Return the Specific Character Set of a record."""
    raw = node._raw_value(SPECIFIC_CHARACTER_SET) or b""
    return raw.decode("ascii", "replace").strip(" \0")


def _texts_of(node: RecordNode) -> Iterator[Text]:
    """Yield the texts of a record that are not plain, and whether each is a name."""
    raw = node._encoded()
    if has_links_leading(raw) and is_plain(raw[LINKS_LENGTH:]):
        return
    try:
        for vr, value in _texts_in(raw, 0, len(raw)):
            yield value, vr == b"PN"
    except EncodingError:
        return  # what could be read is judged


def _texts_in(raw: bytes, start: int, stop: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield VR and value of the texts that are not plain, those in Items too."""
    for element in elements(raw, start, stop):
        if element.vr in TEXT_VRS:
            value = raw[element.start : element.stop]
            if not is_plain(value):
                yield element.vr, value
        elif element.vr == b"SQ":
            for begin, end in items(raw, element.start, element.stop):
                yield from _texts_in(raw, begin, end)


def _is_sound(texts: Iterable[Text], encodings: Encodings) -> bool:
    """Return whether all texts can be in a character set."""
    return all(decode_text(value, encodings, is_name=name).sound for value, name in texts)


# The correction


def apply_charset(
    file_set: FileSetContents, charset: str, records: Iterable[RecordNode] | None
) -> Change:
    """Have records declare what their text is in, as one edit."""
    terms = terms_of(charset)
    encodings = codecs_of(terms)
    chosen = _chosen(file_set) if records is None else list(dict.fromkeys(records))
    stage = file_set._stage
    steps = []
    failing = []
    for node in chosen:
        texts = list(_texts_of(node))
        if not texts:
            continue
        if not _is_sound(texts, encodings):
            failing.append(str(node))
            continue
        record = _recoded(node._encoded(), terms, encodings)
        if record != node._encoded():
            steps.append(stage.rewritten.rewriting(node, record, f"charset {charset}"))
    if failing:
        raise FileSetError(
            f"The text of {len(failing)} records cannot be in '{charset}'",
            where="; ".join(failing[:_MOST_NAMED]),
            why="some of its bytes are no characters of that set",
            remedy="Compare the readings and choose another, or choose for each group by itself",
        )
    count = len(steps)
    text = f"Read the text of {count:,} record{'' if count == 1 else 's'} as {charset}"
    return stage.make(Edit(text, rewritten=tuple(steps)))


def _chosen(file_set: FileSetContents) -> list[RecordNode]:
    """Return the records that need a character set: those with unsound text, else all with text."""
    texts = {node: list(_texts_of(node)) for node in file_set.tree}
    texts = {node: found for node, found in texts.items() if found}
    unsound = []
    for node, found in texts.items():
        raw = node._encoded()
        declared = bool(_declared(node)) and _is_sound(found, record_encodings(raw, 0, len(raw)))
        unsound += [] if declared else [node]
    return unsound or list(texts)


def _recoded(record: bytes, terms: tuple[str, ...], encodings: Encodings) -> bytes:
    """Return a record that declares some terms; text in a foreign set is turned into Unicode."""
    if terms[0] in FOREIGN_SETS:
        record = _in_unicode(record, encodings)
        terms = (_UNICODE,)
    laid = encoded_element(SPECIFIC_CHARACTER_SET, b"CS", "\\".join(terms).encode("ascii"))
    return record_with(record, laid)


def _in_unicode(record: bytes, encodings: Encodings) -> bytes:
    """Return elements with their text in UTF-8."""
    parts = []
    start = 0
    for element in elements(record, 0, len(record)):
        stop = element.stop + (8 if element.undefined else 0)
        value = record[element.start : element.stop]
        if element.vr in TEXT_VRS and not is_plain(value):
            text = decode_text(value, encodings, is_name=element.vr == b"PN").text.rstrip(" \0")
            parts.append(encoded_element(element.tag, element.vr, text.encode("utf-8")))
        elif element.vr == b"SQ" and not is_plain(value):
            parts.append(_sequence_in_unicode(element, value, encodings))
        else:
            parts.append(record[start:stop])
        start = stop
    return b"".join(parts)


def _sequence_in_unicode(element: Element, value: bytes, encodings: Encodings) -> bytes:
    """Return a sequence with the text of its Items in UTF-8."""
    laid = b"".join(
        encoded_item(_in_unicode(value[start:stop], encodings))
        for start, stop in items(value, 0, len(value))
    )
    return encoded_element(element.tag, b"SQ", laid)
