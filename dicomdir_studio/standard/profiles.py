"""Media Storage Application Profiles (PS3.11)."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dicomdir_studio.standard._data import LazyTable, read_table, tag_of
from dicomdir_studio.standard.record_keys import KeyReader, RecordKey

if TYPE_CHECKING:
    from collections.abc import Mapping

DICOMDIR_TRANSFER_SYNTAX = "1.2.840.10008.1.2.1"
"""Explicit VR Little Endian, the only one of a DICOMDIR (PS3.10 8.6)."""

ALL_ROLES = ("FSC", "FSR", "FSU")
"""File-set Creator, Reader and Updater (PS3.10 8.4)."""


class Scope(enum.Enum):
    """Which SOP Classes a profile is for."""

    LISTED = "the SOP Classes that it lists"
    COMPOSITE = "any Composite IOD with a Media Storage SOP Class (PS3.4 Annex I)"
    MULTI_FRAME = "multi-frame Composite IODs"


@dataclass(frozen=True, slots=True)
class TransferSyntaxRule:
    """Transfer syntaxes that a profile allows for some of its instances.

    Attributes
    ----------
    transfer_syntaxes : tuple of str
        The allowed ones; empty where the conformance statement says which.
    sop_classes : tuple of str
        The SOP Classes it holds for; empty for all of the profile.
    is_multi_frame : bool
        Whether it holds for multi-frame instances alone.
    """

    transfer_syntaxes: tuple[str, ...]
    sop_classes: tuple[str, ...] = ()
    is_multi_frame: bool = False

    def covers(self, sop_class_uid: str, *, multi_frame: bool) -> bool:
        """Return whether the rule holds for an instance of a SOP Class."""
        if self.is_multi_frame and not multi_frame:
            return False
        return not self.sop_classes or sop_class_uid in self.sop_classes


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """What a profile asks of one attribute of the instances themselves.

    Attributes
    ----------
    tag : int
        The attribute's tag.
    keyword : str
        Its keyword.
    sop_classes, transfer_syntaxes : tuple of str
        The instances it holds for; empty for all of the profile.
    values : tuple of str
        The allowed values, numbers as text; empty if any.
    maximum : int or None
        The greatest allowed number.
    is_required : bool
        Whether the attribute must be present.
    clause : str
        Where the Standard says so.
    """

    tag: int
    keyword: str
    sop_classes: tuple[str, ...] = ()
    transfer_syntaxes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    maximum: int | None = None
    is_required: bool = False
    clause: str = ""

    def covers(self, sop_class_uid: str, transfer_syntax_uid: str) -> bool:
        """Return whether the rule holds for an instance."""
        return (not self.sop_classes or sop_class_uid in self.sop_classes) and (
            not self.transfer_syntaxes or transfer_syntax_uid in self.transfer_syntaxes
        )


@dataclass(frozen=True, slots=True)
class IconRule:
    """What a profile says about icons, beyond PS3.3 F.7.

    Attributes
    ----------
    required_in : tuple of str
        Record types that must hold an icon; empty if icons are optional.
    rows, columns : int or None
        Their size, where the profile sets one.
    maximum : int or None
        The most rows and columns, where the profile sets a limit.
    """

    required_in: tuple[str, ...] = ()
    rows: int | None = None
    columns: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class ApplicationProfile:
    """One Media Storage Application Profile.

    Attributes
    ----------
    identifier : str
        Its name, such as ``STD-GEN-CD``.
    annex : str
        Where PS3.11 defines it.
    medium : str
        Its medium, a key of `dicomdir_studio.standard.media.MEDIA`.
    is_secure : bool
        Whether its files are Secure DICOM Files (PS3.10 7.4).
    scope : Scope
        Which SOP Classes it is for.
    sop_classes : tuple of str
        Their UIDs if the scope is ``LISTED``, else empty.
    transfer_syntax_rules : tuple of TransferSyntaxRule
        What its instances may be encoded in.
    record_keys : mapping of str to tuple of RecordKey
        Keys that it adds to those of PS3.3 Annex F, or makes stricter, by record type.
    attribute_rules : tuple of AttributeRule
        What it asks of the instances, as far as a program can check it.
    icon : IconRule
        What it says about icons.
    may_be_empty : bool
        Whether a DICOMDIR without records, or instances without a record, are allowed.
    roles : tuple of str
        The roles that may be claimed, out of `ALL_ROLES`.
    """

    identifier: str
    annex: str
    medium: str
    is_secure: bool
    scope: Scope
    sop_classes: tuple[str, ...]
    transfer_syntax_rules: tuple[TransferSyntaxRule, ...]
    record_keys: Mapping[str, tuple[RecordKey, ...]] = field(hash=False)
    attribute_rules: tuple[AttributeRule, ...]
    icon: IconRule
    may_be_empty: bool
    roles: tuple[str, ...]

    def permits_sop_class(self, sop_class_uid: str, *, multi_frame: bool = False) -> bool:
        """Return whether an instance of the SOP Class may be in a File-set of the profile.

        Parameters
        ----------
        sop_class_uid : str
            The SOP Class of the instance.
        multi_frame : bool, optional
            Whether its IOD is a multi-frame one.
        """
        if self.scope is Scope.LISTED:
            return sop_class_uid in self.sop_classes
        return self.scope is Scope.COMPOSITE or multi_frame

    def transfer_syntaxes_for(
        self,
        sop_class_uid: str,
        *,
        multi_frame: bool = False,
    ) -> frozenset[str] | None:
        """Return the transfer syntaxes that an instance may be encoded in.

        Parameters
        ----------
        sop_class_uid : str
            The SOP Class of the instance.
        multi_frame : bool, optional
            Whether its IOD is a multi-frame one.

        Returns
        -------
        frozenset of str or None
            Their UIDs; empty if the profile has no place for the instance. None if the
            profile leaves the choice to the conformance statement.
        """
        if not self.permits_sop_class(sop_class_uid, multi_frame=multi_frame):
            return frozenset()
        found: set[str] = set()
        for rule in self.transfer_syntax_rules:
            if rule.covers(sop_class_uid, multi_frame=multi_frame):
                if not rule.transfer_syntaxes:
                    return None
                found.update(rule.transfer_syntaxes)
        return frozenset(found)

    def permits(
        self,
        sop_class_uid: str,
        transfer_syntax_uid: str,
        *,
        multi_frame: bool = False,
    ) -> bool:
        """Return whether an instance may be in a File-set of the profile as it is encoded."""
        allowed = self.transfer_syntaxes_for(sop_class_uid, multi_frame=multi_frame)
        return allowed is None or transfer_syntax_uid in allowed

    def keys_for(self, record_type: str) -> tuple[RecordKey, ...]:
        """Return the keys that the profile adds to records of a type, or makes stricter."""
        return self.record_keys.get(record_type, ())

    def rules_for(self, sop_class_uid: str, transfer_syntax_uid: str) -> tuple[AttributeRule, ...]:
        """Return the rules for the attributes of an instance."""
        return tuple(
            rule for rule in self.attribute_rules if rule.covers(sop_class_uid, transfer_syntax_uid)
        )


class _ProfileReader:
    """Builds the profiles from their families in the JSON table."""

    def __init__(self, table: dict[str, Any]) -> None:
        reader = KeyReader(table)
        self._families: list[dict[str, Any]] = table["families"]
        self._keys: dict[str | None, Mapping[str, tuple[RecordKey, ...]]] = {
            name: MappingProxyType(
                {kind: reader.keys(rows) for kind, rows in keys["record_types"].items()},
            )
            for name, keys in table["key_tables"].items()
        }
        self._keys[None] = MappingProxyType({})
        self._attributes: dict[str | None, tuple[AttributeRule, ...]] = {
            name: tuple(_attribute_rule(row, attributes["clause"]) for row in attributes["rules"])
            for name, attributes in table["attribute_tables"].items()
        }
        self._attributes[None] = ()

    def all(self) -> dict[str, ApplicationProfile]:
        """Return every profile by its identifier."""
        return {
            row["identifier"]: self._profile(family, row)
            for family in self._families
            for row in family["profiles"]
        }

    def _profile(self, family: dict[str, Any], row: dict[str, Any]) -> ApplicationProfile:
        """Return one profile of a family."""
        return ApplicationProfile(
            identifier=row["identifier"],
            annex=family["annex"],
            medium=row["medium"],
            is_secure=row.get("secure", False),
            scope=Scope[family.get("scope", "LISTED")],
            sop_classes=tuple(family.get("sop_classes", ())),
            transfer_syntax_rules=tuple(
                TransferSyntaxRule(
                    tuple(rule["transfer_syntaxes"]),
                    tuple(rule.get("sop_classes", ())),
                    rule.get("multi_frame", False),
                )
                for rule in family["transfer_syntaxes"]
            ),
            record_keys=self._keys[family.get("keys")],
            attribute_rules=self._attributes[family.get("attributes")],
            icon=_icon_rule(family.get("icon", {})),
            may_be_empty=family.get("may_be_empty", False),
            roles=tuple(family.get("roles", ALL_ROLES)),
        )


def _attribute_rule(row: dict[str, Any], clause: str) -> AttributeRule:
    """Return one rule for an attribute."""
    return AttributeRule(
        tag=tag_of(row["tag"]),
        keyword=row["keyword"],
        sop_classes=tuple(row.get("sop_classes", ())),
        transfer_syntaxes=tuple(row.get("transfer_syntaxes", ())),
        values=tuple(row.get("values", ())),
        maximum=row.get("maximum"),
        is_required=row.get("required", False),
        clause=clause,
    )


def _icon_rule(row: dict[str, Any]) -> IconRule:
    """Return what a family says about icons."""
    return IconRule(
        tuple(row.get("required_in", ())),
        row.get("rows"),
        row.get("columns"),
        row.get("maximum"),
    )


PROFILES: Mapping[str, ApplicationProfile] = LazyTable(
    lambda: _ProfileReader(read_table("profiles")).all(),
)
"""The standard profiles by identifier; read when somebody first looks."""
