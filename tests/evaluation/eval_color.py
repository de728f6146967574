"""Which color drifts does the role mean shift find on one shot, at 5 % false alarms?

    SERIES_EVAL=folder python tests/evaluation/eval_color.py

Each picture gives a palette (its dominant colors) and variations of the same shot (cropped by up to a
twelfth, rescaled, JPEG 60 to 95, slight blur and noise). The limit is the 95th percentile of the variations'
distances; then known drifts are applied to other variations, and the share over the limit is printed, beside
the same for a plain Lab histogram. The limit is set on the pictures that are scored: read the figures as
upper bounds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.color import ciede2000, lab_to_srgb, srgb_to_lab
from consistency.dominant import DominantColors, dominant_colors
from consistency.image import read_frame, resize_area
from consistency.palette_measures import role_mean_shift

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[3] / "shared" / "eval"))
SIDE = 64
"""As the color field of a frame."""
REPEATS = 4
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def variation(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """The same shot once more."""
    height, width = pixels.shape[:2]
    top, left = dice.integers(0, max(1, height // 12)), dice.integers(0, max(1, width // 12))
    crop = pixels[top : height - height // 12 + top, left : width - width // 12 + left]
    small = cv2.resize(crop, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), float(dice.uniform(0.3, 0.9)))
    noisy = np.clip(small + dice.normal(0, 2, small.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(dice.integers(60, 96))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def turn_hue(degrees: float) -> Callable[[Floats, DominantColors], Floats]:
    def drift(lab: Floats, _: DominantColors) -> Floats:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
        return np.concatenate([lab[..., :1], lab[..., 1:] @ turn.T], axis=-1)

    return drift


def white_balance(share: float) -> Callable[[Floats, DominantColors], Floats]:
    def drift(lab: Floats, _: DominantColors) -> Floats:
        gain = np.array([1 + share, 1, 1 - share])
        return srgb_to_lab(np.clip(lab_to_srgb(lab) * gain, 0, 255).astype(np.uint8))

    return drift


def swap(delta_e: float) -> Callable[[Floats, DominantColors], Floats]:
    """The largest dominant color, where it is found, moved along a* by this much ΔE00."""

    def drift(lab: Floats, palette: DominantColors) -> Floats:
        color = palette.labs[0]
        steps = np.linspace(0, 80, 321, dtype=np.float32)
        moved = np.stack([np.full_like(steps, color[0]), color[1] + steps, np.full_like(steps, color[2])], 1)
        step = steps[int(np.argmin(np.abs(ciede2000(color[None], moved) - delta_e)))]
        near = np.exp(-((np.linalg.norm(lab - color, axis=-1) / 12) ** 2))
        out = lab.copy()
        out[..., 1] += near * step
        return out

    return drift


DRIFTS = {
    "hue 10°": turn_hue(10),
    "hue 20°": turn_hue(20),
    "white balance 6 %": white_balance(0.06),
    "one color by 12 ΔE00": swap(12),
    "one color by 20 ΔE00": swap(20),
}


def shift(lab: Floats, palette: DominantColors, _: Floats) -> float:
    cells = lab.reshape(-1, 3)
    return role_mean_shift(cells, np.ones(len(cells)), palette.labs, palette.shares)


def histogram(lab: Floats) -> Floats:
    cells = lab.reshape(-1, 3)
    counts, _ = np.histogramdd(cells, bins=(6, 10, 10), range=((0, 100), (-60, 60), (-60, 60)))
    return np.asarray(np.sqrt(counts / max(1, counts.sum())), np.float32).ravel()


def histogram_distance(lab: Floats, _: DominantColors, own: Floats) -> float:
    return float(1 - histogram(lab) @ own)


MEASURES = {"role mean shift": shift, "Lab histogram": histogram_distance}


def small_lab(pixels: Pixels) -> Floats:
    return srgb_to_lab(resize_area(pixels, SIDE))


def evaluate(name: str, paths: list[Path]) -> None:
    dice = np.random.default_rng(5)
    clean: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    drifted: dict[tuple[str, str], list[float]] = {(m, d): [] for m in MEASURES for d in DRIFTS}
    for path in paths:
        pixels = np.ascontiguousarray(read_frame(path, longest_side=1024).pixels)
        lab = small_lab(pixels)
        palette, own = dominant_colors(lab), histogram(lab)
        for _ in range(REPEATS):
            once, again = small_lab(variation(pixels, dice)), small_lab(variation(pixels, dice))
            for measure, distance in MEASURES.items():
                clean[measure].append(distance(once, palette, own))
                for drift, apply in DRIFTS.items():
                    drifted[measure, drift].append(distance(apply(again, palette), palette, own))
    print(f"\n{name}: {len(paths)} pictures, {REPEATS} variations each")
    for measure in MEASURES:
        limit = float(np.quantile(clean[measure], 0.95))
        found = [f"{drift} {np.mean(np.array(drifted[measure, drift]) > limit):.2f}" for drift in DRIFTS]
        print(f"  {measure:16} limit {limit:6.3f}   " + "   ".join(found))


def main() -> int:
    if not (DATA / "comic").is_dir():
        print(f"no labeled data at {DATA}; name its folder with SERIES_EVAL")
        return 0
    evaluate("comic panels", sorted((DATA / "comic").glob("ep*/*.jpg")))
    evaluate("subjects", sorted((DATA / "subjects").glob("*.jpg"))[::2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
