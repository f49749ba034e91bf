"""The command burn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.cli.options import verify_option
from dicomdir_studio.cli.outcome import Exit, counted, say, sized, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.media.burning import BurnOptions
from dicomdir_studio.media.burning import burn as burn_images
from dicomdir_studio.media.xorriso import Xorriso

if TYPE_CHECKING:
    from dicomdir_studio.media.burning import BurnedDisc


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
