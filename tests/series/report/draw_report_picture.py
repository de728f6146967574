"""The README's picture of the report, drawn anew: python tests/series/report/draw_report_picture.py

Audits the sample, opens the report in Chromium (SERIES_TEST_BROWSER names another one) and keeps its top.
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
from series.pipeline import AuditOptions, audit_series
from series.report import audit_html

ROOT = Path(__file__).parents[3]
SAMPLE = Path("samples") / "lantern"
"""Relative, as a reader of the README names it: the picture shows the path."""
WIDTH = 1280
COLORS = 256
"""As many as a palette holds; the file stays under 300 KB."""
PIXELS = 60_000
"""So many show every color that is there."""


def draw(out: Path) -> None:
    os.chdir(ROOT)
    audit = audit_series(AuditOptions(SAMPLE / "series.yaml", SAMPLE / "frames")).audit
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "audit.html"
        write_atomically(page, audit_html(audit))
        shot = _screenshot(page.as_uri())
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
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


def _screenshot(address: str) -> bytes:
    browser = (
        os.environ.get("SERIES_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = running.new_page(viewport={"width": WIDTH, "height": 2400}, color_scheme="light")
        page.goto(address)
        page.wait_for_timeout(500)
        box = page.locator("#sheet").bounding_box()
        shot = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 24})
        running.close()
    return shot


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "report.png")
