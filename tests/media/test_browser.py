"""The pages of a medium in a real browser, from the files alone, without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import prepare, produce

if TYPE_CHECKING:
    from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--window-size=1000,1200",
)  # fmt: skip
ASKS = """<html><body><pre id="told">nothing</pre>
<iframe id="page" src="{page}" width="900" height="900"></iframe>
<script>
document.getElementById("page").onload = function () {{
  var page = this.contentDocument;
  var pictures = Array.from(page.images, one => [one.complete, one.naturalWidth, one.height]);
  var texts = [page.title, page.body.innerText, page.querySelectorAll("parsererror").length];
  document.getElementById("told").textContent =
    JSON.stringify({{pictures: pictures, title: texts[0], text: texts[1], errors: texts[2]}});
}};
</script></body></html>"""


@pytest.fixture(scope="module")
def browser() -> str:
    """Return a browser of the Chromium family, else say what is missing and skip."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed (one of {', '.join(BROWSERS)})")
    return found


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a medium with pages of pydicom's File-set and colour, palette and RLE images."""
    root = tmp_path_factory.mktemp("pages")
    (root / "scratch").mkdir()
    file_set = FileSet(str(get_testdata_file("DICOMDIR")))
    names = ("examples_palette.dcm", "examples_rgb_color.dcm", "MR_small_RLE.dcm", "CT_small.dcm")
    file_set.add_many([str(get_testdata_file(name)) for name in names], missing_keys="fill")
    order = Order(str(root / "medium"), publisher=Publisher("Clinic"), has_pages=True)
    produce(prepare(file_set, order, root / "scratch"))
    return root / "medium"


def run(browser: str, home: Path, *words: str) -> str:
    """Return what the browser writes."""
    done = subprocess.run(
        [browser, *OPTIONS, f"--user-data-dir={home}", *words],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout


def seen(browser: str, page: Path, folder: Path) -> dict[str, Any]:
    """Return title, text and pictures of a page as the browser has laid it out."""
    wrapper = folder / "ask.html"
    wrapper.write_text(ASKS.format(page=page.as_uri()), encoding="utf-8")
    dom = run(
        browser,
        folder / "home",
        "--allow-file-access-from-files",
        "--virtual-time-budget=5000",
        "--dump-dom",
        wrapper.as_uri(),
    )
    told = re.search(r'<pre id="told">(.*?)</pre>', dom, re.DOTALL)
    assert told is not None
    assert told[1] != "nothing"
    found: dict[str, Any] = json.loads(unescape(told[1]))
    return found


def test_every_page_is_laid_out_with_all_its_pictures(
    browser: str, medium: Path, tmp_path: Path
) -> None:
    """No page has an error, every picture is decoded and shown, text is what the records say."""
    index = seen(browser, medium / "INDEX.HTM", tmp_path)
    assert index["errors"] == 0
    assert "Doe, Archibald (77654033)" in index["text"]
    assert "XR C Spine Comp Min 4 Views" in index["text"]
    count = 0
    for page in sorted((medium / "IHE_PDI").glob("*.HTM")):
        found = seen(browser, page, tmp_path)
        assert found["errors"] == 0
        assert "not for diagnosis" in found["text"]
        for complete, width, height in found["pictures"]:
            assert complete
            assert width > 0
            assert height > 100
        count += len(found["pictures"])
    assert count == len(list((medium / "IHE_PDI").glob("*.JPG"))) == 35


def test_a_screenshot_shows_text_and_pictures(browser: str, medium: Path, tmp_path: Path) -> None:
    """What the browser paints is neither blank nor black, and a colour image has colours."""
    pages = sorted((medium / "IHE_PDI").glob("*.HTM"))
    is_coloured = False
    for page in (medium / "INDEX.HTM", *pages):
        shot = tmp_path / f"{page.stem}.png"
        run(browser, tmp_path / "home", f"--screenshot={shot}", page.as_uri())
        pixels = np.asarray(Image.open(shot).convert("RGB")).astype(int)
        assert pixels.std() > 10
        assert (pixels.min(axis=2) > 240).mean() > 0.1
        spread = pixels.max(axis=2) - pixels.min(axis=2)
        is_coloured = is_coloured or (page in pages and (spread > 60).mean() > 0.003)
    assert is_coloured
