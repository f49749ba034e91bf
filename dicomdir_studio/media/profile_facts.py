"""What a File-set's headers and records say to application profiles, read once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.icons import ICON_IMAGE_SEQUENCE as _ICON
from dicomdir_studio.media.key_values import HeaderValues, value_for
from dicomdir_studio.media.transcoding.routes import WANTED, PixelTraits
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.standard.profiles import ApplicationProfile
    from dicomdir_studio.standard.record_keys import RecordKey

_SOP_CLASS: Final = 0x00080016
_NUMBER_OF_FRAMES: Final = 0x00280008
_ROWS, _COLUMNS = 0x00280010, 0x00280011

KeyTable = tuple[tuple[str, "RecordKey"], ...]
"""Keys that a family of profiles adds, each with the type of its record."""


class LackingKey(NamedTuple):
    """A key that a record should have and has not.

    Attributes
    ----------
    record_type : str
        The type of the record.
    key : RecordKey
        The key.
    can_be_had : bool
        Whether the instance has the value, or the key may be empty.
    """

    record_type: str
    key: RecordKey
    can_be_had: bool


class Traits(NamedTuple):
    """What profiles ask of an instance; instances with the same traits fit the same profiles.

    Attributes
    ----------
    sop_class, transfer_syntax, record_type : str
        As its header and its record have them.
    is_multi_frame : bool
        Whether its IOD is a multi-frame one.
    attributes : tuple of (int, str or None)
        The attributes that profiles restrict, as text; None where absent.
    lacking : tuple of (KeyTable, frozenset of LackingKey)
        By table of keys what it and the records above it lack.
    icon : tuple of int or None
        Rows and Columns of the icon in its record.
    pixels : PixelTraits
        What decides to which transfer syntaxes it can be turned without loss.
    """

    sop_class: str
    transfer_syntax: str
    record_type: str
    is_multi_frame: bool
    attributes: tuple[tuple[int, str | None], ...]
    lacking: tuple[tuple[KeyTable, frozenset[LackingKey]], ...]
    icon: tuple[int, int] | None
    pixels: PixelTraits

    @property
    def has_pixels(self) -> bool:
        """Whether it has pixels that an icon could be made of."""
        return self.pixels.has_pixels


@dataclass(slots=True)
class ProfileFacts:
    """The traits of a File-set.

    Attributes
    ----------
    groups : dict of Traits to list of str
        File IDs of the instances by their traits.
    unreadable : list of (str, InstanceError)
        File IDs of instances whose header cannot be read, and why.
    """

    groups: dict[Traits, list[str]] = field(default_factory=dict)
    unreadable: list[tuple[str, InstanceError]] = field(default_factory=list)


def key_table(profile: ApplicationProfile) -> KeyTable:
    """Return the keys that a profile adds, the same object for the same keys."""
    found = _TABLES.get(id(profile.record_keys))
    if found is None:
        found = tuple((kind, key) for kind, keys in profile.record_keys.items() for key in keys)
        _TABLES[id(profile.record_keys)] = found
    return found


_TABLES: dict[int, KeyTable] = {}


class FactsReader:
    """Reads the traits of a File-set: each header once, each record once.

    Parameters
    ----------
    plan : MediumPlan
        The File-set as it goes on a medium.
    profiles : mapping of str to ApplicationProfile
        The profiles whose questions are to be answered.
    """

    def __init__(self, plan: MediumPlan, profiles: Mapping[str, ApplicationProfile]) -> None:
        self._plan = plan
        self._tables = sorted({key_table(profile) for profile in profiles.values()}, key=len)
        self._attributes = sorted(
            {rule.tag for profile in profiles.values() for rule in profile.attribute_rules}
        )
        self._wanted = frozenset(self._wanted_tags())
        self._directory: MediumDirectory = plan.directory()
        self._present: dict[int, dict[int, bool]] = {}
        self._lacking: dict[tuple[int, int], tuple[RecordKey, ...]] = {}

    def read(self, monitor: Monitor) -> ProfileFacts:
        """Return the traits; a header that cannot be read is noted and left.

        Raises
        ------
        OperationCancelledError
            If the user cancelled.
        """
        facts = ProfileFacts()
        monitor.start("Reading headers", len(self._plan.files))
        for file in self._plan.files:
            monitor.check()
            try:
                traits = self._traits(file)
            except InstanceError as error:
                facts.unreadable.append((file.name, error))
            else:
                facts.groups.setdefault(traits, []).append(file.name)
            monitor.advance(1, file.name)
        return facts

    def _wanted_tags(self) -> Iterator[int]:
        """Yield the elements of headers that are asked for."""
        yield from (_SOP_CLASS, _NUMBER_OF_FRAMES, *self._attributes, *WANTED)
        for table in self._tables:
            for _, key in table:
                yield key.tag
                yield from key.source[:1]
                yield from key.other_source[:1]
                yield from () if key.condition is None else key.condition.path[:1]

    def _traits(self, file: MediumFile) -> Traits:
        """Return the traits of one instance."""
        header = read_header(file.source, self._wanted)
        values = HeaderValues(header)
        chain = self._directory.chain(self._directory.leaves[file.name])
        leaf = chain[-1]
        return Traits(
            sop_class=header.text(_SOP_CLASS) or header.text(0x00020002),
            transfer_syntax=header.transfer_syntax,
            record_type=self._directory.record_type(leaf),
            is_multi_frame=_NUMBER_OF_FRAMES in header.values,
            attributes=tuple((tag, values.text(tag)) for tag in self._attributes),
            lacking=tuple(
                (table, frozenset(self._lacking_keys(number, table, chain, values)))
                for number, table in enumerate(self._tables)
                if table
            ),
            icon=self._icon(leaf),
            pixels=PixelTraits.of(header),
        )

    def _lacking_keys(
        self, number: int, table: KeyTable, chain: Iterable[int], values: HeaderValues
    ) -> Iterator[LackingKey]:
        """Yield the keys of a table that the records of an instance lack."""
        for row in chain:
            kind = self._directory.record_type(row)
            known = self._lacking.get((number, row))
            if known is None:
                known = tuple(
                    key
                    for record_type, key in table
                    if record_type == kind and key.tag != _ICON and not self._has(row, key)
                )
                self._lacking[number, row] = known
            for key in known:
                if key.condition is None or key.condition.holds(values):
                    may_be_empty = key.type in ("2", "2C")
                    yield LackingKey(kind, key, may_be_empty or bool(value_for(key, values)))

    def _has(self, row: int, key: RecordKey) -> bool:
        """Return whether a record has a key, with a value where it must have one."""
        has_value = self._elements(row).get(key.tag)
        return has_value is not None and (has_value or key.type in ("2", "2C"))

    def _elements(self, row: int) -> dict[int, bool]:
        """Return the elements of a record and whether each has a value."""
        found = self._present.get(row)
        if found is None:
            record = self._directory.encoded(row)
            found = {
                element.tag: element.stop > element.start
                for element in elements(record, 0, len(record), EXPLICIT_LITTLE)
            }
            self._present[row] = found
        return found

    def _icon(self, row: int) -> tuple[int, int] | None:
        """Return rows and columns of the icon in a record, None if there is none."""
        if not self._elements(row).get(_ICON):
            return None
        return icon_size(self._directory.encoded(row))


def icon_size(record: bytes) -> tuple[int, int] | None:
    """Return rows and columns of the icon in a record, None if there is none."""
    for element in elements(record, 0, len(record), EXPLICIT_LITTLE):
        if element.tag == _ICON and element.stop > element.start:
            return _size_in(record[element.start : element.stop])
    return None


def _size_in(sequence: bytes) -> tuple[int, int]:
    """Return rows and columns of the first Item of an Icon Image Sequence."""
    size = {_ROWS: 0, _COLUMNS: 0}
    for start, stop in items(sequence, 0, len(sequence)):
        for element in elements(sequence, start, stop, EXPLICIT_LITTLE):
            if element.tag in size:
                size[element.tag] = int.from_bytes(sequence[element.start : element.stop], "little")
        break
    return size[_ROWS], size[_COLUMNS]
