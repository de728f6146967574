"""Labeled photographs in, consistency/encoders/data/texture.npz out: what TextureEncoder ships.

Source: `subjects`, 158 photographs of 30 subjects from google/dreambooth, CC BY 4.0 (some from Unsplash).
Only means, deviations and one 83 × 83 matrix derived from them are kept. Drawings, paintings and generated
pictures take no part, so figures measured on `comic`, `styles` and `generated` are out of sample.

Run from the repository root: python tests/evaluation/fit_texture.py [--out FILE]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.texture import DIMENSIONS, TextureStatistics, texture_descriptor
from consistency.image import read_frame

Float32 = NDArray[np.float32]
Pixels = NDArray[np.uint8]

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DATA: Final = Path(os.environ.get("SERIES_EVAL", REPOSITORY.parent / "shared" / "eval"))
TARGET: Final = REPOSITORY / "consistency" / "encoders" / "data" / "texture.npz"

SEED: Final = 9
VIEWS: Final = 3
"""Changed views beside the whole picture: what may vary within one style."""
CROP_SHARES: Final = (0.50, 0.62)
"""Side of a view as a share of the picture's side: another framing of the same hand."""
LOG_GAMMA: Final = 0.5
"""Views are toned by a gamma in exp(± this): light and dark scenes by one hand."""
CONTRASTS: Final = (0.6, 1.2)
"""And by a contrast in this range, at a random height: fog, night, glow."""
WITHIN_SHARE: Final = 0.7
"""Share of the within-picture covariance; the rest is a multiple of the identity. .85 and .95 do the same
within .003, .5 is worse."""
DEVIATION_OFFSET: Final = 1e-4
"""Keeps a number that never varies from dividing by zero."""


def fit(views: Float32) -> TextureStatistics:
    """views: float32 (pictures, 1 + changed views, 83), whole picture first. → the statistics."""
    mean = views[:, 0].mean(axis=0)
    deviation = views[:, 0].std(axis=0) + np.float32(DEVIATION_OFFSET)
    raw = TextureStatistics(mean, deviation, np.eye(DIMENSIONS, dtype=np.float32))
    scores = raw.standardized(views).astype(np.float64)
    return TextureStatistics(mean, deviation, _inverse_root(_within_covariance(scores)).astype(np.float32))


def _within_covariance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    residuals = (scores - scores.mean(axis=1, keepdims=True)).reshape(-1, DIMENSIONS)
    return residuals.T @ residuals / len(residuals)


def _inverse_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = np.trace(covariance) / DIMENSIONS
    values, axes = np.linalg.eigh(
        WITHIN_SHARE * covariance + (1 - WITHIN_SHARE) * spread * np.eye(DIMENSIONS)
    )
    return (axes / np.sqrt(values)) @ axes.T


def describe_views(paths: Sequence[Path]) -> Float32:
    """→ float32 (pictures, 1 + `VIEWS`, 83), each picture's views drawn from its own seed."""
    rows = []
    for index, path in enumerate(paths):
        pixels = read_frame(path).pixels
        random = np.random.default_rng([index, SEED])
        views = [pixels, *(_cropped(_toned(pixels, random), random) for _ in range(VIEWS))]
        rows.append([texture_descriptor(view) for view in views])
    return np.array(rows, np.float32)


def _toned(pixels: Pixels, random: np.random.Generator) -> Pixels:
    gamma, contrast = np.exp(random.uniform(-LOG_GAMMA, LOG_GAMMA)), random.uniform(*CONTRASTS)
    base = random.uniform(0, 255 * max(0.0, 1 - contrast))
    curve = 255 * (np.arange(256) / 255) ** gamma * contrast + base
    return np.asarray(cv2.LUT(pixels, np.clip(curve, 0, 255).astype(np.uint8)), np.uint8)


def _cropped(pixels: Pixels, random: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    share = random.uniform(*CROP_SHARES)
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    top, left = random.integers(0, height - rows + 1), random.integers(0, width - columns + 1)
    return np.ascontiguousarray(pixels[top : top + rows, left : left + columns])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=TARGET)
    out: Path = parser.parse_args().out
    paths = sorted((DATA / "subjects").glob("*.jpg"))
    if not paths:
        print(f"nothing fitted: no photographs in {DATA / 'subjects'} (set SERIES_EVAL)")
        return
    cv2.setNumThreads(1)
    statistics = fit(describe_views(paths))
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, mean=statistics.mean, deviation=statistics.deviation, whitening=statistics.whitening)
    print(f"{out}: {len(paths)} photographs, {1 + VIEWS} views each")


if __name__ == "__main__":
    main()
