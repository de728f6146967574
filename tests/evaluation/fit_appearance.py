"""Labelled crops in, consistency/encoders/data/appearance.npz out: texture words, mean, whitening projection.

    SERIES_EVAL=<folder of development data> python tests/evaluation/fit_appearance.py

Sources, of which only these statistics are kept: 157 photographs of 30 subjects, google/dreambooth, CC BY
4.0 (some from Unsplash); panels of Pepper&Carrot episode 3 by David Revoy, www.peppercarrot.com, CC BY 4.0.
Episodes 1 and 5 and all generator output are never fitted on. Same inputs and OpenCV build, same file.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders import appearance
from consistency.encoders.appearance import Learned, describe, patches
from consistency.image import read_frame
from consistency.subject import Subject, squeeze, subject_mask
from consistency.vectors import whitening

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SERIES_EVAL", ROOT.parent / "shared" / "eval"))
TARGET = ROOT / "consistency" / "encoders" / "data" / "appearance.npz"

SEED = 0
WORDS = 64
"""24 and 64 words: subjects .991 and .994, outsiders .965 and .973 (held-out subjects, AUC)."""
WORD_SAMPLES = 25_000
PATCH_WEIGHTS = np.r_[[1.6] * 3, [1.0] * 3, [0.7] * 8]
"""Color means, deviations, gradients of a standardized patch."""
DIMENSIONS = 384
"""256, 384, 512: subjects .990, .993, .993; outsiders .967, .973, .973 (held out, AUC)."""
SHRINKAGE = 0.4
"""Of the within-class covariance; .1 to .5 lie within .005 on subjects. A few hundred crops ask for much."""
VIEWS = 6
"""Of every labelled crop: itself and five varied ones."""
WINDOWS = 10
"""Unlabelled windows of each panel, two views each: they show what drawings look like elsewhere."""
SAME_SUBJECT_SHARE = 0.5
"""Of the within-class covariance; the rest is the scatter of varied views about their own crop."""
FITTED_EPISODE = "ep03"


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    label: str
    """Empty: nothing is known about what it shows."""
    pixels: NDArray[np.uint8]


def pixels_of(path: Path) -> NDArray[np.uint8]:
    return read_frame(path, longest_side=1024).pixels


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def subject_crops(names: Sequence[str] | None = None) -> Iterator[Crop]:
    for row in rows_of(DATA / "subjects" / "labels.csv"):
        # one file is a sheet of the data set, not a subject
        if row["subject"] != "subject" and (names is None or row["subject"] in names):
            yield Crop(row["subject"], pixels_of(DATA / "subjects" / row["file"]))


def comic_crops() -> Iterator[Crop]:
    for row in rows_of(DATA / "comic" / "boxes.csv"):
        if row["path"].startswith(FITTED_EPISODE):
            left, top, right, bottom = (int(row[key]) for key in ("x0", "y0", "x1", "y1"))
            pixels = pixels_of(DATA / "comic" / row["path"])[top:bottom, left:right]
            yield Crop(f"{FITTED_EPISODE}/{row['character']}", pixels)


def comic_windows(rng: np.random.Generator) -> Iterator[Crop]:
    for path in sorted((DATA / "comic" / FITTED_EPISODE).glob("*.jpg")):
        pixels = pixels_of(path)
        height, width = pixels.shape[:2]
        for _ in range(WINDOWS):
            side, aspect = rng.uniform(0.25, 0.6) * min(height, width), rng.uniform(0.7, 1.5)
            high, wide = int(min(height, side * aspect)), int(min(width, side / aspect))
            top, left = rng.integers(height - high + 1), rng.integers(width - wide + 1)
            yield Crop("", pixels[top : top + high, left : left + wide])


def varied(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Another framing and another light of the same crop. → float32 (192, 192, 3) Lab."""
    height, width = pixels.shape[:2]
    share = rng.uniform(0.72, 1)
    high = max(8, int(height * share * rng.uniform(0.9, 1)))
    wide = max(8, int(width * share * rng.uniform(0.9, 1)))
    top, left = rng.integers(max(1, height - high + 1)), rng.integers(max(1, width - wide + 1))
    part = cv2.resize(pixels[top : top + high, left : left + wide], (192, 192), interpolation=cv2.INTER_AREA)
    light = (part / 255.0) ** np.exp(rng.normal(0, 0.25)) * np.exp(
        rng.normal(0, 0.12, 3) + rng.normal(0, 0.12)
    )
    return squeeze(np.clip(np.rint(light * 255), 0, 255).astype(np.uint8))


def fit(crops: Sequence[Crop], rng: np.random.Generator) -> Learned:
    plain = [squeeze(crop.pixels) for crop in crops]
    partial = _words(plain, rng)
    vectors, labels, sources = [], [], []
    for source, (crop, lab) in enumerate(zip(crops, plain, strict=True)):
        views = VIEWS if crop.label else 2
        for view in [lab, *(varied(crop.pixels, rng) for _ in range(views - 1))]:
            vectors.append(describe(Subject(view, subject_mask(view)), partial))
            labels.append(crop.label)
            sources.append(str(source))
    mean, projection = _project(np.asarray(vectors, np.float64), np.array(labels), np.array(sources))
    return Learned(
        patch_mean=partial.patch_mean,
        patch_scale=partial.patch_scale,
        words=partial.words,
        mean=mean.astype(np.float16).astype(np.float32),
        projection=projection.astype(np.float16).astype(np.float32),
    )


def _words(labs: Sequence[NDArray[np.float32]], rng: np.random.Generator) -> Learned:
    rows = np.concatenate([patches(lab) for lab in labs])
    mean, scale = rows.mean(axis=0), (PATCH_WEIGHTS / rows.std(axis=0)).astype(np.float32)
    sample = ((rows - mean) * scale)[rng.permutation(len(rows))[:WORD_SAMPLES]].astype(np.float32)
    cv2.setRNGSeed(SEED + 1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-3)
    words = cv2.kmeans(sample, WORDS, None, stop, 2, cv2.KMEANS_PP_CENTERS)[2]
    nothing = np.zeros(0, np.float32)
    return Learned(mean, scale, words, nothing, nothing)


def _project(vectors, labels, sources):
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    axes = np.linalg.svd(centred, full_matrices=False)[2][:DIMENSIONS].T
    axes *= np.sign(
        axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    )  # the sign of an axis is free
    small = centred @ axes
    known = labels != ""
    within = SAME_SUBJECT_SHARE * _within(small[known], labels[known])
    within += (1 - SAME_SUBJECT_SHARE) * _within(small, sources)
    projection = axes @ whitening(within, SHRINKAGE)
    return mean, projection / np.abs(projection).max()  # cosines do not see the scale, float16 does


def _within(rows, groups):
    moved = rows.copy()
    for group in np.unique(groups):
        moved[groups == group] -= rows[groups == group].mean(axis=0)
    return moved.T @ moved / len(moved)


def training_crops(names: Sequence[str] | None = None) -> list[Crop]:
    rng = np.random.default_rng(SEED)
    return [*subject_crops(names), *comic_crops(), *comic_windows(rng)]


def main() -> None:
    cv2.setNumThreads(1)
    if not DATA.is_dir():
        print(f"no development data at {DATA}: set SERIES_EVAL to its folder")
        return
    arrays = fit(training_crops(), np.random.default_rng(SEED))
    TARGET.parent.mkdir(exist_ok=True)
    halves = {"mean", "projection"}
    np.savez_compressed(
        TARGET,
        **{
            name: getattr(arrays, name).astype(np.float16 if name in halves else np.float32)
            for name in appearance.Learned.__slots__
        },
    )
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.2f} MB, {arrays.projection.shape}")


if __name__ == "__main__":
    main()
