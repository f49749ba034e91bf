"""presets, label, receipt, and media made with presets, papers, passwords and further folders."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from dicomdir_studio.cli import passwords

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Terminal
    from tests.judges import Judges


def pdf_text(path: Path, judges: Judges) -> str:
    """Return the text of a PDF as poppler reads it."""
    return judges.ask("pdftotext", "-layout", path, "-").words


def test_presets_are_listed_saved_and_handed_on(terminal: Terminal, tmp_path: Path) -> None:
    """One's own preset is made from another, marked, exported, removed and imported again."""
    listed = terminal("presets", "list")
    assert listed.code == 0
    assert [line[2:14].strip() for line in listed.out.splitlines()] == [
        "PACS import",
        "Referring do",
        "Patient",
        "Research",
    ]
    words = ("presets", "save", "Ward 4", "--from", "research", "--institution", "Clinic")
    assert terminal(*words).code == 0
    assert "* Ward 4" in terminal("presets", "list").out
    assert json.loads(terminal("presets", "show", "ward 4").out)["institution"] == "Clinic"
    path = tmp_path / "ward.json"
    assert "1 preset" in terminal("presets", "export", path).out
    assert terminal("presets", "remove", "Ward 4").code == 0
    assert terminal("presets", "show", "Ward 4").code == 2
    assert "Imported Ward 4" in terminal("presets", "import", path).out
    assert len(json.loads(terminal("presets", "list", "--json").out)["presets"]) == 5


def test_wrong_presets_are_told(terminal: Terminal, tmp_path: Path, sample_dir: Path) -> None:
    """An unknown name lists those there are; a file of a later program is refused politely."""
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--preset", "none")
    assert ended.code == 2
    assert "Choose one of PACS import" in ended.err
    path = tmp_path / "later.json"
    path.write_text('{"version": 7, "presets": []}')
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--preset", path)
    assert ended.code == 2
    assert "made by a later version" in ended.err
    assert "Update the program" in ended.err
    ended = terminal("presets", "export", tmp_path / "x.json")
    assert "no presets of your own" in ended.err
    assert (
        "Name a file that ends in .iso"
        in terminal("image", sample_dir, tmp_path / "a.zip", "--preset", "PACS import").err
    )
    assert terminal("presets", "save", "x", "--from", "none").code == 2


def test_image_with_a_preset(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """The preset says what is made, options go before it, papers lie beside."""
    words = ("--preset", "Referring doctor", "--institution", "Clinic", "--recipient", "Dr. Who")
    ended = terminal("image", sample_dir, tmp_path / "out", *words)
    assert ended.code == 0, ended.err
    assert "verified byte by byte" in ended.out
    assert "2003-05-05  Brain-MRA  MR series 700: 7 instances" in ended.out
    assert f"To burn: dicomdir-studio burn {tmp_path / 'out.iso'} --verify" in ended.out
    assert "/INDEX.HTM;1" in judges.ask("isoinfo", "-f", "-i", tmp_path / "out.iso").words
    label = pdf_text(tmp_path / "out_label.pdf", judges)
    assert "DICOM PLUS WEB" in label
    assert "Clinic" in label
    receipt = pdf_text(tmp_path / "out_receipt.pdf", judges)
    assert "Dr. Who" in receipt
    assert "STD-GEN-CD" in receipt


def test_a_taken_name_of_a_paper_stops_all(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """Nothing is written if the receipt could not be afterwards."""
    (tmp_path / "r.pdf").write_bytes(b"theirs")
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--receipt", tmp_path / "r.pdf")
    assert ended.code == 2
    assert "already exists" in ended.err
    assert not (tmp_path / "a.iso").exists()


def test_papers_of_a_set(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """Each medium of a set has its label, and the receipt names all with fields of one's own."""
    words = ("--medium", "180kB", "--span", "--field", "Ward=4 East", "--paper", "Letter")
    papers = ("--label", tmp_path / "l.pdf", "--receipt", tmp_path / "r.pdf")
    ended = terminal("image", sample_dir, tmp_path / "a.iso", *words, *papers)
    assert ended.code == 0, ended.err
    assert "disc 2 of 2" in pdf_text(tmp_path / "l.pdf", judges)
    receipt = pdf_text(tmp_path / "r.pdf", judges)
    assert "Medium 1 of 2" in receipt
    assert "Medium 2 of 2" in receipt
    assert "4 East" in receipt
    assert "NAME=TEXT" in terminal("image", sample_dir, tmp_path / "b.iso", "--field", "x").err


def test_label_and_receipt_of_a_medium_that_is_there(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """They are made of an image, with the manifest that sha256sum gives of its files."""
    image = tmp_path / "a_1OF3.iso"
    assert terminal("image", sample_dir, image, "--pdi").code == 0
    assert terminal("label", image, tmp_path / "l.pdf").code == 0
    assert "DICOM PLUS WEB" in pdf_text(tmp_path / "l.pdf", judges)
    ended = terminal("receipt", image, tmp_path / "r.pdf", "--note", "Thanks")
    assert ended.code == 0, ended.err
    folder = tmp_path / "x"
    assert judges.ask("7z", "x", "-tiso", f"-o{folder}", image).code == 0
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    listed = judges.ask("sha256sum", *names, cwd=folder).words
    (tmp_path / "SUMS").write_text(listed)
    expected = judges.ask("sha256sum", tmp_path / "SUMS").words.split()[0]
    assert expected in ended.out
    receipt = pdf_text(tmp_path / "r.pdf", judges)
    assert expected in receipt
    assert "Thanks" in receipt
    (sample_dir / "77654033" / "CR1" / "6154").unlink()
    assert terminal("receipt", sample_dir, tmp_path / "s.pdf").code == 2


def test_image_encrypts_with_a_password_from_a_file(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """The password never stands on the command line; the archive opens with it here and there."""
    secret = tmp_path / "secret.txt"
    secret.write_text("s\u00e9same\n", encoding="utf-8")
    out = tmp_path / "a.zip"
    ended = terminal("image", sample_dir, out, "--encrypt-with", secret, "--verify")
    assert ended.code == 0, ended.err
    assert judges.ask("7z", "t", "-ps\u00e9same", out).code == 0
    assert terminal("ls", out, "--password-file", secret).code == 0
    (tmp_path / "wrong.txt").write_text("wrong\n")
    wrong = terminal("ls", out, "--password-file", tmp_path / "wrong.txt")
    assert wrong.code == 2
    assert "not the right one" in wrong.err
    (tmp_path / "empty.txt").write_text("\n")
    assert "empty first line" in terminal("ls", out, "--password-file", tmp_path / "empty.txt").err
    refused = terminal("image", sample_dir, tmp_path / "b.iso", "--encrypt-with", secret)
    assert "only a ZIP file is compressed or encrypted" in refused.err


def test_a_password_is_asked_for_on_a_terminal(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed twice for a new archive, asked again after a wrong one; without a terminal told."""
    out = tmp_path / "a.zip"
    ended = terminal("image", sample_dir, out, "--encrypt")
    assert ended.code == 2
    assert "name a file with --encrypt-with" in ended.err
    answers = ["one", "two", "one", "one"]
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: answers.pop(0))
    monkeypatch.setattr(passwords.sys.stdin, "isatty", lambda: True, raising=False)  # type: ignore[attr-defined]
    assert terminal("image", sample_dir, out, "--encrypt").code == 0
    assert answers == []
    answers += ["bad", "one"]
    ended = terminal("ls", out)
    assert ended.code == 0
    assert "That is not the password" in ended.err
    answers += ["bad"] * 3
    assert terminal("ls", out).code == 2


def test_further_folders_lie_beside(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """A viewer's folder is taken along under its own name or another."""
    viewer = tmp_path / "viewer"
    viewer.mkdir()
    (viewer / "run.exe").write_bytes(b"MZ")
    (viewer / "autorun.inf").write_text("[autorun]")
    folders = ("--folder", viewer, "--folder", f"{viewer}=reports", "--autorun")
    ended = terminal("image", sample_dir, tmp_path / "a.zip", *folders)
    assert ended.code == 2
    assert "its name is taken" in ended.err
    ended = terminal("image", sample_dir, tmp_path / "a.zip", *folders[:4])
    assert ended.code == 0, ended.err
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = set(archive.namelist())
    assert {"VIEWER/RUN.EXE", "REPORTS/RUN.EXE"} < names
    assert "AUTORUN.INF" not in names


def test_options_that_contradict_are_told(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """What cannot be is said before anything is read."""
    for words, message in (
        (("--span",), "needs a medium or a size"),
        (("--deflate",), "only a ZIP file"),
        (("--autorun",), "there is none"),
    ):
        ended = terminal("image", sample_dir, tmp_path / "a.iso", *words)
        assert ended.code == 2
        assert message in ended.err
