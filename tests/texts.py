"""The texts of the window and their translations: ``python -m tests.texts`` brings them up to date.

Every text is found in the source, added to ``resources/translations/*.ts`` where it is not
there yet, and the ``.qm`` files are made of them by ``pyside6-lrelease``. A text that the
source does not have any more goes.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "resources" / "translations"
CONTEXT: Final = "window"
# What marks a text, and which argument is the text.
_CALLS: Final = {"tr": 0, "_tr": 0, "translate": 1, "_T": 1, "QT_TRANSLATE_NOOP": 1}
# What the layers below say as data, for the window to say in its language.
_PHRASES: Final = {"said": 0}
# Names whose texts are translated where they are shown.
_NAMES: Final = frozenset(("HEADERS", "HEADINGS", "_WORDS", "LABELS", "SEVERITY_WORDS"))


def texts() -> dict[str, str]:
    """Return every text that the window shows, and the first file that has it."""
    found: dict[str, str] = {}
    gui = ROOT / "dicomdir_studio" / "gui"
    for path in sorted((ROOT / "dicomdir_studio").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for text in _texts_in(tree) if path.is_relative_to(gui) else _phrases_in(tree):
            if any(letter.isalpha() for letter in text):
                found.setdefault(text, name)
    return found


def _phrases_in(tree: ast.Module) -> Iterator[str]:
    """Yield the templates of what a layer below the window says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _PHRASES:
                yield from _strings(node.args[_PHRASES[name]])


def _texts_in(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of one source file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = _CALLS.get(name)
            if place is not None and len(node.args) > place:
                yield from _strings(node.args[place])
            elif name in {"RecordWords", "_leaf", "_labelled"}:
                yield from _noun(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id in _NAMES for one in targets):
                yield from _strings(node.value)
        elif isinstance(node, ast.ClassDef) and node.name == "State":
            yield from _states(node)


def _strings(node: ast.expr) -> Iterator[str]:
    """Yield the strings of an expression that are texts: of a table its values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from _strings(item)
    elif isinstance(node, ast.Dict):
        for item in node.values:
            yield from _strings(item)
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)


def _noun(node: ast.Call) -> Iterator[str]:
    """Yield what a record of some type is called."""
    if node.args and isinstance(node.args[0], ast.Constant):
        yield str(node.args[0].value)


def _states(node: ast.ClassDef) -> Iterator[str]:
    """Yield the words of the states of records."""
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
            yield from _strings(line.value.elts[1])


def translations(path: Path) -> dict[str, str]:
    """Return the finished translations of a ``.ts`` file by their source."""
    found = {}
    for message in ET.parse(path).iter("message"):  # noqa: S314 - a file of our own
        told = message.find("translation")
        if told is not None and told.text and told.get("type") != "unfinished":
            found[message.findtext("source", "")] = told.text
    return found


def sources(path: Path) -> set[str]:
    """Return all texts in a ``.ts`` file, translated or not."""
    return {one.findtext("source", "") for one in ET.parse(path).iter("message")}  # noqa: S314


def write(path: Path, language: str, known: dict[str, str]) -> None:
    """Write a ``.ts`` file with every text of the source."""
    top = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(top, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text, name in sorted(texts().items(), key=lambda one: (one[1], one[0])):
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "location", filename=name)
        ET.SubElement(message, "source").text = text
        told = ET.SubElement(message, "translation")
        told.text = known.get(text, "")
        if text not in known:
            told.set("type", "unfinished")
    ET.indent(top, " ")
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    path.write_text(head + ET.tostring(top, encoding="unicode") + "\n", encoding="utf-8")


def main() -> int:
    """Bring all translations up to date; say what is left to translate."""
    left = 0
    for path in sorted(FOLDER.glob("*.ts")):
        write(path, path.stem, translations(path))
        known = translations(path)
        missing = [text for text in texts() if text not in known]
        left += len(missing)
        sys.stdout.write(f"{path.name}: {len(known)} translated, {len(missing)} left\n")
        sys.stdout.writelines(f"  {text!r}\n" for text in missing)
        tool = Path(sys.executable).with_name("pyside6-lrelease")
        subprocess.run([tool, "-silent", path, "-qm", path.with_suffix(".qm")], check=True)
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())
