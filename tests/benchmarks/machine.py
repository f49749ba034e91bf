"""What a result depends on: the machine's size, and the versions of what was measured."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import dicomdir_studio

_PACKAGES = ("pydicom", "numpy", "PySide6-Essentials")


def machine(folder: Path) -> dict[str, Any]:
    """Return the machine's size.

    Parameters
    ----------
    folder : Path
        Where the measured files lie; its file system is named.
    """
    found: dict[str, Any] = {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _first_of("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": _cores(),
        "memory in GB": _memory(),
        "file system": _file_system(folder),
    }
    if hasattr(os, "getloadavg"):
        found["load before"] = round(os.getloadavg()[0], 2)
    return found


def versions() -> dict[str, str]:
    """Return the versions of ourselves, of Python, of the packages and of the peers."""
    found = {"dicomdir-studio": dicomdir_studio.__version__, "Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    for program in ("dcmmkdir", "cp"):
        found[program] = _program(program)
    return found


def _cores() -> int | None:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _program(name: str) -> str:
    """Return the first line that a program says of its version."""
    path = shutil.which(name)
    if path is None:
        return "not installed"
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()
    return lines[0].strip("$ ") if lines else "unknown"


def _first_of(path: str, name: str) -> str:
    """Return the first value under a name in a file of ``name: value`` lines."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _memory() -> float | None:
    """Return the memory of the machine in GB."""
    words = _first_of("/proc/meminfo", "MemTotal").split()
    return round(int(words[0]) / 1e6, 1) if words else None


def _file_system(folder: Path) -> str:
    """Return the type of the file system that a folder lies on."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    best, kind = "", "unknown"
    for point, named in (line.split()[1:3] for line in mounts):
        holds = folder.resolve().is_relative_to(point)
        if holds and len(point) >= len(best):
            best, kind = point, named
    return kind
