"""The commands that make media: image, profiles and burn."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dicomdir_studio.cli.options import (
    dry_run_option,
    json_option,
    layout_option,
    path_argument,
    salvage_option,
    verify_option,
)
from dicomdir_studio.cli.outcome import Exit, counted, ending, say, sized, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.cli.reading import loaded
from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.burning import BurnOptions
from dicomdir_studio.media.burning import burn as burn_images
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import (
    ProfileNotMetError,
    check_outputs,
    prepare,
    write_medium,
)
from dicomdir_studio.media.sizes import capacity_of
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.standard.media import DISCS
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from dicomdir_studio.media.burning import BurnedDisc
    from dicomdir_studio.media.conformance import Obstacle, ProfileFit
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.producing import Production
    from dicomdir_studio.media.targets import MediumReceipt

_MOST_NAMED: Final = 10


class _Medium(click.ParamType[int]):
    """A kind of disc by name, or a size: the bytes that fit."""

    name = "medium"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes of a medium."""
        if isinstance(value, int):
            return value
        try:
            return capacity_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Profile(click.ParamType[str]):
    """An application profile by its identifier, in any case."""

    name = "profile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the identifier of a profile."""
        identifier = str(value).upper()
        if identifier not in PROFILES:
            self.fail(f"there is no profile {value!r}; the command profiles lists them", param, ctx)
        return identifier


@click.command("image")
@path_argument
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--profile", type=_Profile(), help="Conform to this application profile (PS3.11).")
@click.option(
    "--medium",
    "capacity",
    type=_Medium(),
    help=f"Fit on this medium: {', '.join(DISCS)}, or a size such as 32GB.",
)
@click.option("--span", "is_spanned", is_flag=True, help="Divide over several media if need be.")
@click.option("--pdi", is_flag=True, help="Add README.TXT and web pages (IHE PDI).")
@click.option("--no-pages", is_flag=True, help="With --pdi: README.TXT alone.")
@click.option("--institution", default="", help="Who hands it out, for README.TXT.")
@click.option("--contact", default="", help="Whom to ask, for README.TXT.")
@click.option("--joliet", is_flag=True, help="Add Joliet's directories to an image.")
@click.option("--udf", is_flag=True, help="Add UDF to an image (DVD profiles always have it).")
@click.option("--deflate", is_flag=True, help="Compress a ZIP file.")
@layout_option(Layout.STANDARD)
@dry_run_option
@verify_option
@salvage_option
def image(path: Path, out: Path, **options: Any) -> int:
    """Make a medium of the File-set at PATH: OUT.iso, OUT.zip or the folder OUT.

    With --span the media are OUT_1OF3.iso and so on, each a File-set of its own. Instances
    whose file is missing are left out and listed.
    """
    file_set = loaded(path, salvage=options["salvage"])
    order = _order(out, options)
    with tempfile.TemporaryDirectory(prefix="dicomdir-studio-") as scratch:
        try:
            production = run_job(
                "Preparing", lambda monitor: prepare(file_set, order, scratch, monitor=monitor)
            )
        except ProfileNotMetError as error:
            for obstacle in error.fit.obstacles:
                tell(_told(obstacle))
            raise
        _say_what(production)
        if not options["dry_run"] and not _write_all(production):
            return Exit.PARTLY
    return ending(len(file_set), file_set.missing)


def _write_all(production: Production) -> bool:
    """Write the media one by one; return whether all were, False if the later ones were not.

    Raises
    ------
    StudioError
        If not even the first was written.
    """
    check_outputs(production)
    for done, (plan, path) in enumerate(production.outputs()):
        try:
            receipt = _write_one(plan, path, production.order)
        except StudioError as error:
            if not done:
                raise
            tell(f"error: {error}")
            tell(f"{done} of {plan.of} media were written and are whole; the others were not")
            return False
        say(
            f"Wrote {receipt.path}: {counted(receipt.files, 'file')}, "
            f"{sized(receipt.bytes)}{', verified' if receipt.verified else ''}"
        )
    return True


def _write_one(plan: MediumPlan, path: str, order: Order) -> MediumReceipt:
    """Write one medium as a job."""
    return run_job("Writing", lambda monitor: write_medium(plan, path, order, monitor=monitor))


def _order(out: Path, options: dict[str, Any]) -> Order:
    """Return what is asked for."""
    publisher = Publisher(options["institution"], options["contact"]) if options["pdi"] else None
    return Order(
        out=str(out),
        profile=PROFILES[options["profile"]] if options["profile"] else None,
        capacity=options["capacity"],
        is_spanned=options["is_spanned"],
        publisher=publisher,
        has_pages=not options["no_pages"],
        joliet=options["joliet"],
        udf=options["udf"],
        deflate=options["deflate"],
        layout=options["layout"],
        verified=options["verify"],
    )


def _say_what(production: Production) -> None:
    """Print what will be made, and tell what is not as a person might expect."""
    for place, (plan, path) in enumerate(production.outputs()):
        instances = counted(len(plan.files), "instance")
        say(f"{path}: {instances}, {sized(production.bytes_of(plan))}, {plan.file_set_id or '-'}")
        if production.labels[place]:
            say(f"  label: {' | '.join(production.labels[place])}")
    for uid in production.span.divided_studies:
        tell(f"note: the study {uid} is divided over several media")
    for uid in production.span.divided_series:
        tell(f"note: the series {uid} is larger than a medium and divided")
    for name, error in production.gallery.failed if production.gallery else ():
        tell(f"note: no picture of {name}: {error.why}")


@click.command("profiles")
@path_argument
@click.option("--profile", type=_Profile(), help="Only this one, with all that is in its way.")
@json_option
@salvage_option
def profiles(path: Path, *, profile: str | None, as_json: bool, salvage: bool) -> int:
    """Show which application profiles the File-set at PATH fits, and what is in the way."""
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
                say(f"  {_told(obstacle)}")
    return Exit.DONE


def _state(fit: ProfileFit) -> str:
    """Return how a File-set stands to a profile, in a few words."""
    if not fit.is_offered:
        return "not offered"
    if fit.fits:
        return "fits"
    if fit.fits_completed:
        return "fits once written with it"
    first = next(obstacle for obstacle in fit.obstacles if not obstacle.is_completed)
    more = len(fit.obstacles) - 1
    return f"does not fit: {first.what}{f' (and {more} more)' if more else ''}"


def _told(obstacle: Obstacle) -> str:
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


@click.command("burn")
@click.argument("images", nargs=-1, type=click.Path(path_type=Path))
@click.option("--drive", help="The drive, as --list names it; not needed if there is one only.")
@click.option("--list", "is_list", is_flag=True, help="List drives and what is in them.")
@click.option("--copies", type=click.IntRange(min=1), default=1, help="Discs of each image.")
@click.option("--blank", "blanked", is_flag=True, help="Blank a rewritable disc first.")
@click.option("--simulate", "simulated", is_flag=True, help="Go through the motions only.")
@click.option("--keep-in", is_flag=True, help="Leave the tray closed afterwards.")
@verify_option
def burn(images: tuple[Path, ...], **options: Any) -> int:
    """Burn the images IMAGE... to discs, at once and closed (needs the program xorriso).

    Each further disc is asked for. Blanking loses all that is on a rewritable disc.
    """
    burner = Xorriso()
    if options["is_list"]:
        for drive in burner.drives():
            disc = burner.disc(drive.address)
            state = f"{'blank' if disc.is_blank else 'written'}, {sized(disc.writable)} free"
            inside = f"{disc.kind}, {state}" if disc.kind else "empty"
            say(f"{drive.address}  {drive.label}  {inside}")
        return Exit.DONE
    if not images:
        raise click.UsageError("Name an image, or ask for the drives with --list")
    drive_address = options["drive"] or _only_drive(burner)
    chosen = BurnOptions(
        blanked=options["blanked"],
        simulated=options["simulated"],
        verified=options["verify"],
        ejected=not options["keep_in"],
    )
    discs = [path for path in images for _ in range(options["copies"])]
    for done, path in enumerate(discs):
        if done and not click.confirm(f"Disc {done + 1} of {len(discs)}: {path}. Is it in?"):
            tell(f"Stopped after {counted(done, 'disc')}")
            return Exit.PARTLY
        (burned,) = _burn_one(burner, drive_address, path, chosen)
        ended = "Simulated" if chosen.simulated else "Burned"
        say(f"{ended} {path}{', verified' if burned.verified else ''}, {burned.seconds:.0f} s")
    return Exit.DONE


def _burn_one(burner: Xorriso, drive: str, path: Path, options: BurnOptions) -> list[BurnedDisc]:
    """Burn one disc as a job."""
    return run_job(
        "Burning", lambda monitor: burn_images(burner, drive, [path], options, monitor=monitor)
    )


def _only_drive(burner: Xorriso) -> str:
    """Return the address of the drive if there is one only."""
    drives = burner.drives()
    if len(drives) == 1:
        return drives[0].address
    names = ", ".join(drive.address for drive in drives)
    raise click.UsageError(f"Name one of the drives: {names}" if names else "There is no drive")
