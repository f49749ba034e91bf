"""The text of an error that the user copies to whoever helps.

A foreseen error says what it says. An unforeseen one is told by its type and by the lines of the
program that it went through: its message and the values are left out, since a patient's name may
stand in them.
"""

from __future__ import annotations

import platform
import traceback
from importlib import metadata
from pathlib import Path

import PySide6
from PySide6.QtCore import qVersion

import dicomdir_studio
from dicomdir_studio.errors import StudioError

_PACKAGES = ("pydicom", "numpy", "pycdlib")
_ROOT = Path(dicomdir_studio.__file__).parent.parent


def versions() -> list[tuple[str, str]]:
    """Return what runs here: the program, Python, Qt, the packages and the system."""
    rows = [
        ("DICOMDIR Studio", dicomdir_studio.__version__),
        ("Python", platform.python_version()),
        ("PySide6", f"{PySide6.__version__} (Qt {qVersion()})"),
    ]
    for name in _PACKAGES:
        try:
            rows.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    rows.append(("System", f"{platform.system()} {platform.release()} {platform.machine()}"))
    return rows


def error_report(error: BaseException) -> str:
    """Return the report of an error as plain text.

    Parameters
    ----------
    error : BaseException
        A `StudioError` is told in its own words, any other by type and place alone.
    """
    lines = [f"{name}: {version}" for name, version in versions()]
    lines.append("")
    if isinstance(error, StudioError):
        told = (
            ("What", error.what),
            ("Where", error.where),
            ("Why", error.why),
            ("What next", error.remedy),
        )
        lines += [f"{label}: {text}" for label, text in told if text]
    lines += _chain(error)
    return "\n".join(lines) + "\n"


def _chain(error: BaseException) -> list[str]:
    """Return types and places of an error and of those that led to it, the latest first."""
    lines: list[str] = []
    seen: set[int] = set()
    present: BaseException | None = error
    while present is not None and id(present) not in seen:
        seen.add(id(present))
        kind = type(present)
        lines.append(f"{'Error' if present is error else 'Caused by'}: {_type_name(kind)}")
        for frame in traceback.extract_tb(present.__traceback__):
            lines.append(f"  {_short_path(frame.filename)}:{frame.lineno} in {frame.name}")
            if frame.line:
                lines.append(f"    {frame.line}")
        present = present.__cause__ or present.__context__
    return lines


def _type_name(kind: type) -> str:
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def _short_path(path: str) -> str:
    """Return a source file's path without the user's folders."""
    parts = Path(path).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    try:
        return Path(path).relative_to(_ROOT).as_posix()
    except ValueError:
        return Path(path).name
