"""The log file: warnings and unforeseen errors, for a report to whoever can help."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from dicomdir_studio import __version__
from dicomdir_studio.session import places

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES: Final = 1_000_000
_OLD_KEPT: Final = 3


def log_path() -> Path:
    """Return the path of the log; the file is made when there is something to say."""
    return places.log_dir() / "dicomdir-studio.log"


class _LogFile(logging.Handler):
    """Opens the log with the first entry: few runs have one, and all would wait for its import."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry."""
        if self._file is None:
            from logging.handlers import RotatingFileHandler  # noqa: PLC0415

            path = log_path()
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = RotatingFileHandler(
                    path, maxBytes=_MAX_BYTES, backupCount=_OLD_KEPT, encoding="utf-8"
                )
            except OSError:  # what is logged has been told to the user otherwise
                return
            self._file.setFormatter(self.formatter)
        self._file.emit(record)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()


def start_logging() -> logging.Handler:
    """Send warnings and errors of the program to the log file, where one can be made.

    Call it once, from the program's start; hand the result to `stop_logging` at its end.
    """
    handler = _LogFile()
    python = sys.version.split()[0]
    handler.setFormatter(
        logging.Formatter(
            f"%(asctime)s {__version__} Python {python} {sys.platform} "
            "%(levelname)s %(name)s %(threadName)s: %(message)s"
        )
    )
    logging.getLogger("dicomdir_studio").addHandler(handler)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """End what `start_logging` began."""
    logging.getLogger("dicomdir_studio").removeHandler(handler)
    handler.close()
