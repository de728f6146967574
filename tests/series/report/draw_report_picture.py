"""The README's picture of the report, drawn anew: python tests/series/report/draw_report_picture.py

Makes the sample, opens the report in Chromium (SERIES_TEST_BROWSER names another one) and keeps its head and
the tries of one frame.
"""

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from scipy.cluster.vq import kmeans2

from series.files import write_atomically
from series.pipeline import RunOptions, run_series
from series.report import audit_html
from series.report.live import RunProgress

ROOT = Path(__file__).parents[3]
SAMPLE = Path("samples") / "lantern"
"""Relative, as a reader of the README names it: the picture shows the path."""
FRAME = 19
"""The last panel: four tries, an edit at the end."""
TRIES_HEIGHT = 690
"""Pixels: its tries, and a little of what follows."""
WIDTH = 1280
COLORS = 256
"""As many as a palette holds; the file stays under 300 KB."""
PIXELS = 60_000
"""So many show every color that is there."""


def draw(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / SAMPLE, Path(folder) / SAMPLE)
        os.chdir(folder)
        with RunProgress() as progress:
            finished = run_series(RunOptions(SAMPLE / "series.yaml"), progress)
        page = Path(folder) / "report.html"
        write_atomically(page, audit_html(finished.audit))
        head, tries = (Image.open(io.BytesIO(shot)).convert("RGB") for shot in _screenshots(page.as_uri()))
        os.chdir(ROOT)
    picture = Image.new("RGB", (WIDTH, head.height + tries.height), "white")
    picture.paste(head, (0, 0))
    picture.paste(tries, (0, head.height))
    picture.quantize(palette=_palette(picture), dither=Image.Dither.NONE).save(out, optimize=True)
    print(f"{out}: {picture.width} × {picture.height}, {out.stat().st_size / 1000:.0f} kB")


def _palette(picture: Image.Image) -> Image.Image:
    """Rare colors count by the root of their pixels, or a green coat among blue nights turns grey."""
    colors, counts = np.unique(np.asarray(picture).reshape(-1, 3) & 0xFC | 2, axis=0, return_counts=True)
    rng = np.random.default_rng(0)
    weights = np.sqrt(counts)
    drawn = colors[rng.choice(len(colors), PIXELS, p=weights / weights.sum())].astype(np.float32)
    centers, _ = kmeans2(drawn, COLORS, minit="++", seed=0)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.clip(centers.round(), 0, 255).astype(np.uint8).tobytes())
    return palette


def _screenshots(address: str) -> tuple[bytes, bytes]:
    """The head of the report, and the tries of the frame."""
    browser = (
        os.environ.get("SERIES_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = running.new_page(viewport={"width": WIDTH, "height": 6000}, color_scheme="light")
        page.goto(address)
        page.wait_for_timeout(500)
        page.locator(f"#tile-{FRAME} a").first.click()
        page.wait_for_timeout(500)
        page.evaluate("window.scrollTo(0, 0)")
        filters = page.locator("#filters").bounding_box()
        frame = page.locator(f"#frame-{FRAME}").bounding_box()
        shots = tuple(
            page.screenshot(clip={"x": 0, "y": top, "width": WIDTH, "height": height})
            for top, height in ((0, filters["y"]), (frame["y"] - 6, TRIES_HEIGHT))
        )
        running.close()
    return shots


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "report.png")
