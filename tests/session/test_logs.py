"""The log file: made when there is something to say."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dicomdir_studio.session.logs import log_path, start_logging, stop_logging

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_warnings_and_errors_are_kept(home: Path) -> None:
    """A warning goes to the file with the versions; before it there is no file."""
    handler = start_logging()
    try:
        assert log_path() == home / "log" / "dicomdir-studio.log"
        assert not log_path().exists()
        logging.getLogger("dicomdir_studio.test").warning("A disc of %s", "glass")
        logging.getLogger("dicomdir_studio.test").info("chatter")
    finally:
        stop_logging(handler)
    (line,) = log_path().read_text(encoding="utf-8").splitlines()
    assert "A disc of glass" in line
    assert "Python" in line


def test_no_place_for_a_log_is_no_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder cannot be made the program runs without a log."""
    (home / "file").write_text("x")
    monkeypatch.setenv("DICOMDIR_STUDIO_HOME", str(home / "file"))
    handler = start_logging()
    try:
        logging.getLogger("dicomdir_studio.test").warning("A disc of %s", "glass")
    finally:
        stop_logging(handler)
    assert (home / "file").read_text() == "x"


def test_a_log_that_cannot_be_opened_is_no_error(home: Path) -> None:
    """Whoever has something to log goes on."""
    handler = start_logging()
    try:
        log_path().mkdir(parents=True)
        logging.getLogger("dicomdir_studio.test").warning("A disc of %s", "glass")
    finally:
        stop_logging(handler)
    assert log_path().is_dir()
    assert home in log_path().parents
