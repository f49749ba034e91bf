"""The demo command: the window with sample data, or the same steps without a display."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.options import GivenPath
from dicomdir_studio.cli.outcome import Exit, say
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.session.demo import make_demo, play_demo

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.cli.desktop import Desktop


@click.command("demo")
@click.option(
    "--into",
    type=GivenPath(),
    help="An empty folder for the demo's files (default: a new temporary one).",
)
@click.option(
    "--offscreen", is_flag=True, help="Run the demo without a window, even if there is a display."
)
@click.pass_context
def demo(context: click.Context, *, into: Path | None, offscreen: bool) -> int:
    """Try the program with a File-set of sample instances.

    With a display, the window opens; without one, the demo runs by itself and prints each step.
    """
    desktop: Desktop = context.obj
    made = make_demo(into)
    say(f"Demo       {made.root} (files to drop on it: {made.folder / 'to-add'})")
    if has_display() and not offscreen:
        return desktop.open_window([str(made.root)])
    steps: list[str] = []
    try:
        played = run_job("Playing", lambda monitor: play_demo(made, steps.append, monitor=monitor))
    finally:
        for step in steps:
            say(step)
    picture = made.folder / "window.png"
    desktop.save_screenshot(picture, [str(played.copy)])
    say(f"Screenshot {picture}")
    return Exit.DONE


def has_display() -> bool:
    """Return True if a window can be shown."""
    if os.environ.get("QT_QPA_PLATFORM") in {"offscreen", "minimal"}:
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
