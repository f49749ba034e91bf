"""The command burn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.cli.options import GivenPath, verify_option
from dicomdir_studio.cli.outcome import Exit, clean, counted, say, sized, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.burners import burner_here
from dicomdir_studio.media.burning import BurnOptions, volume_name
from dicomdir_studio.media.burning import burn as burn_images
from dicomdir_studio.media.errors import BurningError

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.burning import BurnedDisc, Burner


@click.command("burn")
@click.argument("images", nargs=-1, type=GivenPath())
@click.option("--drive", help="The drive, as named by --list; may be omitted if there is only one.")
@click.option("--list", "is_list", is_flag=True, help="List the drives and their discs.")
@click.option(
    "--copies", type=click.IntRange(min=1), default=1, help="Discs to burn of each image."
)
@click.option("--blank", "blanked", is_flag=True, help="Blank a rewritable disc first.")
@click.option("--simulate", "simulated", is_flag=True, help="Simulate burning only.")
@click.option("--keep-in", is_flag=True, help="Leave the tray closed afterwards.")
@verify_option
def burn(images: tuple[Path, ...], **options: Any) -> int:
    """Burn the images IMAGE... to discs, which are closed afterwards.

    This uses xorriso on Linux, drutil on macOS and IMAPI on Windows. Each further disc is
    requested by name. Blanking erases everything on a rewritable disc.
    """
    burner = burner_here()
    if options["is_list"]:
        return _list(burner)
    if not images:
        raise click.UsageError("Name an image, or list the drives with --list")
    drive = options["drive"] or _only_drive(burner)
    chosen = BurnOptions(
        blanked=options["blanked"],
        simulated=options["simulated"],
        verified=options["verify"],
        ejected=not options["keep_in"],
    )
    return _burn_all(
        burner, drive, [one for one in images for _ in range(options["copies"])], chosen
    )


def _burn_all(burner: Burner, drive: str, queue: list[Path], options: BurnOptions) -> int:
    """Burn one disc after the other; each but the first is requested by its name."""
    for path in queue:
        volume_name(path)  # a wrong name is noticed before the first disc, not before the third
    for done, path in enumerate(queue):
        name = f"disc {done + 1} of {len(queue)}, {volume_name(path) or path.name} ({path})"
        if done and not click.confirm(f"Put in a blank disc for {clean(name)}. Is it in?"):
            tell(f"Stopped after {counted(done, 'disc')}")
            return Exit.PARTLY
        try:
            (burned,) = _burn_one(burner, drive, path, options)
        except StudioError as error:
            if not done:
                raise
            tell(f"error: {error}")
            tell(
                f"{done} of {counted(len(queue), 'disc')} are done; this one and later ones are not"
            )
            return Exit.PARTLY
        ended = "Simulated" if options.simulated else "Burned"
        checked = ", verified byte by byte" if burned.verified else ""
        say(f"{ended} {name}{checked}, {burned.seconds:.0f} s")
    return Exit.DONE


def _list(burner: Burner) -> int:
    """List drives and what is in them."""
    drives = burner.drives()
    for drive in drives:
        try:
            disc = burner.disc(drive.address)
        except StudioError as error:
            say(f"{drive.address}  {drive.label}  {error}")
            continue
        state = f"{'blank' if disc.is_blank else 'written'}, {sized(disc.writable)} free"
        inside = f"{disc.kind}, {state}" if disc.kind else "empty"
        say(f"{drive.address}  {drive.label}  {inside}")
    if not drives:
        tell("There is no drive that can burn, or you have no permission to use it")
        return Exit.NOTHING
    return Exit.DONE


def _burn_one(burner: Burner, drive: str, path: Path, options: BurnOptions) -> list[BurnedDisc]:
    """Burn one disc as a job."""
    return run_job(
        "Burning", lambda monitor: burn_images(burner, drive, [path], options, monitor=monitor)
    )


def _only_drive(burner: Burner) -> str:
    """Return the address of the only drive."""
    drives = burner.drives()
    if len(drives) == 1:
        return drives[0].address
    if not drives:
        raise BurningError(
            "There is no drive that can burn, or you have no permission to use it",
            remedy="Connect one, or burn the image with another program",
        )
    names = ", ".join(drive.address for drive in drives)
    raise click.UsageError(f"Select a drive with --drive: {names}")
