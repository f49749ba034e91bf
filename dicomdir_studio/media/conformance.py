"""Which application profiles a File-set conforms to, and what prevents the others (PS3.11).

Only headers and records are used: one pass over the files is enough for all profiles.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.media.profile_facts import FactsReader, ProfileFacts, Traits, key_table
from dicomdir_studio.media.transcoding.routes import hindrance, routes, syntax_name
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import either, said
from dicomdir_studio.standard.profiles import PROFILES, Scope
from dicomdir_studio.standard.sop_classes import SOP_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.standard.profiles import ApplicationProfile, AttributeRule, IconRule


class Kind(enum.Enum):
    """The kinds of obstacle."""

    SECURE = "secure profile"
    EMPTY = "nothing to write"
    UNREADABLE = "unreadable file"
    SOP_CLASS = "SOP Class"
    TRANSFER_SYNTAX = "transfer syntax"
    ATTRIBUTE = "attribute"
    KEY = "key of the DICOMDIR"
    ICON = "icon"


class Obstacle(NamedTuple):
    """A reason why a File-set does not conform to a profile.

    Attributes
    ----------
    kind : Kind
        Its kind.
    what : str
        A description, as a sentence without a full stop.
    clause : str
        The clause of the Standard.
    remedy : str
        What to do about it.
    is_completed : bool
        Whether writing with the profile resolves it (`media.completing`).
    instances : tuple of str
        File IDs of the instances concerned; empty if it does not concern instances.
    becomes : tuple of str
        Transfer syntaxes to which these instances can be converted losslessly to resolve it,
        the best first.
    """

    kind: Kind
    what: str
    clause: str
    remedy: str
    is_completed: bool = False
    instances: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileFit:
    """The conformance of a File-set to one profile.

    Attributes
    ----------
    profile : ApplicationProfile
        The profile.
    obstacles : tuple of Obstacle
        Everything that prevents conformance; empty if it conforms as it is.
    """

    profile: ApplicationProfile
    obstacles: tuple[Obstacle, ...]

    @property
    def fits(self) -> bool:
        """Whether the File-set conforms as it is."""
        return not self.obstacles

    @property
    def fits_completed(self) -> bool:
        """Whether it conforms once it is written with the keys of the profile."""
        return all(obstacle.is_completed for obstacle in self.obstacles)

    @property
    def is_offered(self) -> bool:
        """Whether this program writes media of the profile; not if it is secure or e-mail."""
        return not self.profile.is_secure and self.profile.medium != "MIME"


_PHOTOMETRIC: Final = 0x00280004
_WRITE_WITH: Final = said("Write the medium with this profile, which adds it")
_LEAVE_OUT: Final = said("Leave these instances out, or choose a profile that allows them")


def fit_profiles(
    plan: MediumPlan,
    *,
    profiles: Mapping[str, ApplicationProfile] = PROFILES,
    monitor: Monitor | None = None,
) -> dict[str, ProfileFit]:
    """Return the conformance of a File-set to every profile.

    Parameters
    ----------
    plan : MediumPlan
        The plan of the File-set, including staged changes, for a medium.
    profiles : mapping of str to ApplicationProfile, optional
        The profiles to check; all of the Standard by default.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Returns
    -------
    dict of str to ProfileFit
        By identifier of the profile, in the order of PS3.11.

    Raises
    ------
    OperationCancelledError
        If the user cancelled.
    """
    offered = {name: profile for name, profile in profiles.items() if not profile.is_secure}
    facts = FactsReader(plan, offered).read(monitor or Monitor())
    return {name: ProfileFit(profile, _judge(profile, facts)) for name, profile in profiles.items()}


def _judge(profile: ApplicationProfile, facts: ProfileFacts) -> tuple[Obstacle, ...]:
    """Return everything that prevents conformance to a profile, merging equal obstacles."""
    if profile.is_secure:
        plain = profile.identifier.replace("-SEC", "")
        other = plain if plain in PROFILES else said("another profile")
        return (
            Obstacle(
                Kind.SECURE,
                said("Secure profiles are not offered"),
                "PS3.10 7.4, PS3.15",
                said("Use {0} and protect the medium otherwise", other),
            ),
        )
    joined: dict[Obstacle, list[str]] = {}
    for traits, names in facts.groups.items():
        for obstacle in _obstacles(profile, traits):
            joined.setdefault(obstacle, []).extend(names)
    found = [obstacle._replace(instances=tuple(names)) for obstacle, names in joined.items()]
    found += [
        Obstacle(
            Kind.UNREADABLE,
            said("The header cannot be read ({0})", error.what),
            "PS3.10 7",
            error.remedy or said("Leave the file out"),
            instances=(name,),
        )
        for name, error in facts.unreadable
    ]
    if not facts.groups and not facts.unreadable and not profile.may_be_empty:
        found.append(
            Obstacle(
                Kind.EMPTY,
                said("The File-set has no instances"),
                profile.annex,
                said("Add some files"),
            )
        )
    return tuple(found)


def _obstacles(profile: ApplicationProfile, traits: Traits) -> Iterator[Obstacle]:
    """Yield the obstacles of instances with such traits."""
    if not profile.permits_sop_class(traits.sop_class, multi_frame=traits.is_multi_frame):
        yield _wrong_class(profile, traits)
        return
    syntax = traits.transfer_syntax
    if not profile.permits(traits.sop_class, syntax, multi_frame=traits.is_multi_frame):
        becomes = _becomes(profile, traits)
        yield _wrong_syntax(profile, traits, becomes)
        syntax = becomes[0] if becomes else syntax
    yield from _broken_rules(profile, traits, syntax)
    yield from _missing_keys(profile, traits)
    yield from _icon(profile, traits)


def _wrong_class(profile: ApplicationProfile, traits: Traits) -> Obstacle:
    """Return the obstacle for a SOP Class that the profile does not allow."""
    known = SOP_CLASSES.get(traits.sop_class)
    name = known.name if known is not None else traits.sop_class
    what = said("{0} does not allow {1}", profile.identifier, name)
    if profile.scope is Scope.MULTI_FRAME:
        what = said("{0} allows multi-frame instances only", profile.identifier)
    return Obstacle(Kind.SOP_CLASS, what, profile.annex, _LEAVE_OUT)


def _becomes(profile: ApplicationProfile, traits: Traits) -> tuple[str, ...]:
    """Return the profile's transfer syntaxes that instances can be converted to, best first."""
    allowed = profile.transfer_syntaxes_for(traits.sop_class, multi_frame=traits.is_multi_frame)
    ways = routes(traits.pixels, allowed or ())
    kept = tuple(way for way in ways if not any(_broken_rules(profile, traits, way)))
    return kept or ways


def _wrong_syntax(
    profile: ApplicationProfile, traits: Traits, becomes: tuple[str, ...]
) -> Obstacle:
    """Return the obstacle for a transfer syntax that the profile does not allow."""
    allowed = profile.transfer_syntaxes_for(traits.sop_class, multi_frame=traits.is_multi_frame)
    if becomes:
        remedy = said(
            "Write the medium with this profile: the copies on it can be transcoded to {0} "
            "without loss",
            syntax_name(becomes[0]),
        )
    else:
        names = either(sorted(map(syntax_name, allowed or ())))
        why = next(filter(None, (hindrance(traits.pixels, uid) for uid in allowed or ())), "")
        remedy = said(
            "Leave these instances out: they cannot be converted to {0} without loss ({1})",
            names,
            why,
        )
    return Obstacle(
        Kind.TRANSFER_SYNTAX,
        said("{0} is not allowed", syntax_name(traits.transfer_syntax)),
        profile.annex,
        remedy,
        is_completed=bool(becomes),
        becomes=becomes,
    )


def _broken_rules(profile: ApplicationProfile, traits: Traits, syntax: str) -> Iterator[Obstacle]:
    """Yield the rules for attributes that instances break once they are in a transfer syntax."""
    attributes = dict(traits.attributes)
    if syntax != traits.transfer_syntax and attributes.get(_PHOTOMETRIC):
        attributes[_PHOTOMETRIC] = traits.pixels.decoded_photometric
    for rule in profile.rules_for(traits.sop_class, syntax):
        obstacle = _broken(rule, attributes.get(rule.tag))
        if obstacle is not None:
            yield obstacle


def _broken(rule: AttributeRule, value: str | None) -> Obstacle | None:
    """Return the obstacle if an attribute violates a rule, else None."""
    if value is None:
        what = said("{0} is missing", rule.keyword) if rule.is_required else ""
    elif rule.values and value not in rule.values:
        what = said(
            "{0} is {1}, not {2}", rule.keyword, value or said("empty"), either(rule.values)
        )
    elif rule.maximum is not None and value.isdigit() and int(value) > rule.maximum:
        what = said("{0} is {1}, the most is {2}", rule.keyword, value, rule.maximum)
    else:
        what = ""
    return Obstacle(Kind.ATTRIBUTE, what, rule.clause, _LEAVE_OUT) if what else None


def _missing_keys(profile: ApplicationProfile, traits: Traits) -> Iterator[Obstacle]:
    """Yield the keys that the DICOMDIR lacks."""
    wanted = key_table(profile)
    for table, lacking in traits.lacking:
        if table is not wanted:
            continue
        for lack in sorted(lacking, key=lambda lack: (lack.record_type, lack.key.tag)):
            yield Obstacle(
                Kind.KEY,
                said("The {0} record lacks {1}", lack.record_type, lack.key.keyword),
                profile.annex,
                _WRITE_WITH
                if lack.can_be_had
                else said(
                    "The instance does not have it either: complete the instance or leave it out"
                ),
                is_completed=lack.can_be_had,
            )


def _icon(profile: ApplicationProfile, traits: Traits) -> Iterator[Obstacle]:
    """Yield the obstacles about the icon of a record."""
    rule = profile.icon
    size = said("{0} x {1}", rule.rows, rule.columns) if rule.rows else said("an allowed size")
    if traits.icon is None:
        if traits.record_type in rule.required_in:
            yield Obstacle(
                Kind.ICON,
                said("The {0} record has no icon ({1})", traits.record_type, size),
                profile.annex,
                _WRITE_WITH
                if traits.has_pixels
                else said("The instance has no pixels: leave it out"),
                is_completed=traits.has_pixels,
            )
        return
    rows, columns = traits.icon
    if not icon_fits(rule, rows, columns):
        most = said("{0} at most", rule.maximum) if rule.maximum else size
        yield Obstacle(
            Kind.ICON,
            said(
                "The icon in the {0} record is {1} x {2}, not {3}",
                traits.record_type,
                rows,
                columns,
                most,
            ),
            profile.annex,
            _WRITE_WITH
            if traits.has_pixels
            else said("Choose a profile that allows icons of this size"),
            is_completed=traits.has_pixels,
        )


def icon_fits(rule: IconRule, rows: int, columns: int) -> bool:
    """Return whether an icon has a size that a profile allows."""
    if rule.rows is not None and (rows, columns) != (rule.rows, rule.columns):
        return False
    return rule.maximum is None or max(rows, columns) <= rule.maximum
