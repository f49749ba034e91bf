"""How what is chosen stands to the application profiles, and which a target takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.orders import check_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.media.conformance import Obstacle, ProfileFit
    from dicomdir_studio.media.orders import Target


def narrowed(fits: Mapping[str, ProfileFit], names: frozenset[str] | None) -> dict[str, ProfileFit]:
    """Return how some instances stand to the profiles, out of how all do.

    Parameters
    ----------
    fits : mapping of str to ProfileFit
        How the whole stands to each.
    names : frozenset of str or None
        File IDs of the instances, None for all.
    """
    if names is None:
        return dict(fits)
    return {name: replace(fit, obstacles=_among(fit, names)) for name, fit in fits.items()}


def _among(fit: ProfileFit, names: frozenset[str]) -> tuple[Obstacle, ...]:
    """Return the obstacles that some of the instances meet, and those that are nobody's own."""
    found = []
    for obstacle in fit.obstacles:
        if not obstacle.instances:
            found.append(obstacle)
            continue
        kept = tuple(name for name in obstacle.instances if name in names)
        if kept:
            found.append(obstacle._replace(instances=kept))
    return tuple(found)


def takes(fit: ProfileFit, target: Target) -> bool:
    """Return whether media of a profile are written to a target at all."""
    return fit.is_offered and not why_not_on(fit, target)


def why_not_on(fit: ProfileFit, target: Target) -> str:
    """Return what to write media of a profile to instead of a target, "" if it will do."""
    try:
        check_target(fit.profile, target)
    except UnfitForMediumError as error:
        return error.remedy or error.what
    return ""
