"""Where settings, staged work, logs and demos are kept.

``DICOMDIR_STUDIO_HOME`` in the environment moves all of it into one folder: for a
program carried on a stick, and for tests.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from platformdirs import PlatformDirs

HOME_VARIABLE: Final = "DICOMDIR_STUDIO_HOME"
_NAME: Final = "dicomdir-studio"


def _home(part: str) -> Path | None:
    """Return the folder `part` under the folder that the environment names, if it names one."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() / part if home else None


def _usual() -> PlatformDirs:
    """Return where this system keeps such things."""
    from platformdirs import PlatformDirs  # noqa: PLC0415 - ten milliseconds that few runs need

    return PlatformDirs(_NAME, appauthor=False)


def config_dir() -> Path:
    """Return the folder of the settings; it may not exist yet."""
    return _home("config") or _usual().user_config_path


def data_dir() -> Path:
    """Return the folder of staged work that is not written yet; it may not exist yet."""
    return _home("data") or _usual().user_data_path


def log_dir() -> Path:
    """Return the folder of the logs; it may not exist yet."""
    return _home("log") or _usual().user_log_path
