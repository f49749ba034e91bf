"""What the house style asks and a machine can tell."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dicomdir_studio"
TESTS = ROOT / "tests"
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

# Spelled in pieces, so that this file does not accuse itself.
_HOSTS = re.compile(r"index-" + r"url|pythonhosted\." + r"org|/simp" + r"le/|\bpypi\." + r"org")
_HOMES = re.compile(r"(?<![\w.~])/(?:ho" + r"me|ro" + r"ot|Us" + r"ers)/[a-z]\w*/")


def _sources() -> list[Path]:
    """Return the Python files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the length in lines of every function in `path`, docstring left out."""
    for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (part.end_lineno or part.lineno) - part.lineno + 1
            if ast.get_docstring(part) is not None:
                text = part.body[0]
                length -= (text.end_lineno or text.lineno) - text.lineno + 1
            yield f"{path.relative_to(ROOT)}:{part.lineno} {part.name}", length


def _imported(part: ast.AST) -> list[str]:
    """Return the full names that an import statement brings in; none for other statements."""
    if isinstance(part, ast.Import):
        return [alias.name for alias in part.names]
    if isinstance(part, ast.ImportFrom) and part.module:
        return [part.module, *(f"{part.module}.{alias.name}" for alias in part.names)]
    return []


def _tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file under version control that is text."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, so what belongs to the project cannot be told")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def test_no_file_is_too_long() -> None:
    """A reader holds 400 lines at most, of the package and of its tests."""
    long = [
        f"{path.relative_to(ROOT)}: {count} lines"
        for path in (*_sources(), *sorted(TESTS.rglob("*.py")))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    ]
    assert not long, "\n".join(long)


def test_no_function_is_too_long() -> None:
    """A reader holds 40 lines of a function at most, its docstring not counted."""
    long = [
        f"{name}: {length} lines"
        for path in _sources()
        for name, length in _functions(path)
        if length > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_registry_host_is_named() -> None:
    """Where packages come from is each machine's own affair."""
    named = [name for name, text in _tracked_texts() if _HOSTS.search(text)]
    assert not named


def test_no_home_folder_is_named() -> None:
    """No path of a developer's machine belongs in the project."""
    named = [
        f"{name}: {found.group()}"
        for name, text in _tracked_texts()
        if (found := _HOMES.search(text))
    ]
    assert not named


def test_the_package_never_imports_pydicom_fileset() -> None:
    """pydicom.fileset is an oracle for tests and nothing else."""
    guilty = [
        f"{path.relative_to(ROOT)}: {ast.unparse(part)}"
        for path in _sources()
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if any(name.startswith("pydicom.fileset") for name in _imported(part))
    ]
    assert not guilty


def test_every_test_says_what_it_shows() -> None:
    """Each test function has a one-line docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{part.lineno} {part.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(part, ast.FunctionDef)
        and part.name.startswith("test_")
        and ast.get_docstring(part) is None
    ]
    assert not silent, "\n".join(silent)


def test_no_test_imports_from_another() -> None:
    """What several test modules use is in a module of its own, or in a fixture."""
    borrowing = [
        f"{path.relative_to(ROOT)}: {ast.unparse(part)}"
        for path in sorted(TESTS.rglob("*.py"))
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if any(re.match(r"tests\.(\w+\.)*test_", name) for name in _imported(part))
    ]
    assert not borrowing, "\n".join(borrowing)


def test_packaging_is_no_package() -> None:
    """An __init__.py there would shadow the library of that name."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_the_headless_contract_names_every_layer() -> None:
    """Each part of the package but the window and the program itself is forbidden Qt."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (headless,) = [contract for contract in contracts if contract["id"] == "headless"]
    parts = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    parts |= {path.stem for path in PACKAGE.glob("[!_]*.py")}
    assert {f"dicomdir_studio.{part}" for part in parts - {"gui"}} == set(
        headless["source_modules"]
    )
    assert {"PySide6", "shiboken6"} <= set(headless["forbidden_modules"])
