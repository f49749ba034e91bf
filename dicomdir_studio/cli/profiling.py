"""The profiles command, and the parameter type of a profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import json_option, path_argument, salvage_option
from dicomdir_studio.cli.outcome import Exit, say
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.conformance import Obstacle, ProfileFit

_MOST_NAMED: Final = 10


class ProfileName(click.ParamType[str]):
    """The identifier of an application profile, in upper or lower case."""

    name = "profile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the identifier of a profile."""
        identifier = str(value).upper()
        if identifier not in PROFILES:
            self.fail(f"there is no profile {value!r}; the command profiles lists them", param, ctx)
        return identifier


@click.command("profiles")
@path_argument
@click.option("--profile", type=ProfileName(), help="Show only this profile, in full.")
@json_option
@salvage_option
def profiles(path: Path, *, profile: str | None, as_json: bool, salvage: bool) -> int:
    """Show which application profiles the File-set at PATH conforms to, or what prevents it."""
    file_set = loaded(path, salvage=salvage)
    wanted = {profile: PROFILES[profile]} if profile else PROFILES
    fits = run_job(
        "Reading headers",
        lambda monitor: fit_profiles(plan_medium(file_set), profiles=wanted, monitor=monitor),
    )
    if as_json:
        click.echo(json.dumps([_as_plain(fit) for fit in fits.values()], indent=2))
        return Exit.DONE
    width = max(map(len, fits))
    for name, fit in fits.items():
        say(f"{name:{width}}  {_state(fit)}")
        if profile:
            for obstacle in fit.obstacles:
                say(f"  {obstacle_line(obstacle)}")
    return Exit.DONE


def _state(fit: ProfileFit) -> str:
    """Return in a few words whether a File-set conforms to a profile."""
    if not fit.is_offered:
        return "not offered"
    if fit.fits:
        return "fits"
    if fit.fits_completed:
        return "fits if written with it"
    first = next(obstacle for obstacle in fit.obstacles if not obstacle.is_completed)
    more = len(fit.obstacles) - 1
    return f"does not fit: {first.what}{f' (and {more} more)' if more else ''}"


def obstacle_line(obstacle: Obstacle) -> str:
    """Return an obstacle as one line."""
    names = ", ".join(obstacle.instances[:_MOST_NAMED])
    more = len(obstacle.instances) - _MOST_NAMED
    where = f" [{names}{f' and {more} more' if more > 0 else ''}]" if names else ""
    return f"{obstacle.kind.value}: {obstacle.what} ({obstacle.clause}){where}. {obstacle.remedy}"


def _as_plain(fit: ProfileFit) -> dict[str, Any]:
    """Return a fit as plain values for JSON."""
    return {
        "profile": fit.profile.identifier,
        "fits": fit.fits,
        "fits_once_written_with_it": fit.fits_completed,
        "offered": fit.is_offered,
        "obstacles": [
            {
                "kind": obstacle.kind.value,
                "what": obstacle.what,
                "clause": obstacle.clause,
                "remedy": obstacle.remedy,
                "instances": list(obstacle.instances),
            }
            for obstacle in fit.obstacles
        ],
    }
