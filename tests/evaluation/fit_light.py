"""Pictures in, consistency/encoders/data/light.npz and light_maps.npz out: what `light` takes out.

Sources: `subjects`, 157 photographs of 30 subjects from google/dreambooth, CC BY 4.0 (some from Unsplash),
for both; `styles`, 49 paintings and style transfers from jcjohnson/neural-style, MIT, for the maps only. Only
means, and a whitening of cells, derived from them are kept. Comics and generator output take no part. Same
inputs and builds of the libraries, same files.

    SERIES_EVAL=<data folder> SERIES_MODELS=<models> python tests/evaluation/fit_light.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from fit_appearance import DATA, ROOT, pixels_of, rows_of, subject_crops

from consistency.encoders.light import FEATURES
from consistency.encoders.light.mobilenet import MAP_DIMENSIONS, activations, features, maps
from consistency.encoders.models import find_model
from consistency.image import Frame, frame_from_array
from consistency.vectors import whitening

TARGET = ROOT / "consistency" / "encoders" / "data"
MAP_SIDE = 384
"""Pixels at which pictures are looked at for cells."""
CELLS = 100
"""Of each picture, chosen at random: 20,600 for 512 channels. Without paintings 48 of 51 boxes too,
absent told from present .853."""
SHRINKAGE = 0.1
"""Of the covariance of cells: .02, .1 and .3 find 48, 48 and 47 of 51 boxes."""
DIMENSIONS = 128
"""Widest directions that are kept. 128, 256, 512: 41, 41, 41 boxes found at once, absent told from present in
a comic with AUC .865, .854, .85; 128 KB instead of 512."""
SEED = 0


def fit_maps(net: Path, frames: Sequence[Frame]) -> tuple[np.ndarray, np.ndarray]:
    """→ mean (512,), transform (512, 128)."""
    rng, kept = np.random.default_rng(SEED), []
    for frame in frames:
        cells = maps(net, [frame], MAP_SIDE)[0].reshape(-1, MAP_DIMENSIONS)
        kept.append(cells[rng.permutation(len(cells))[:CELLS]])
    table = np.concatenate(kept).astype(np.float64)
    mean = table.mean(axis=0)
    transform = whitening(np.cov((table - mean).T), SHRINKAGE)
    # The columns come in the order of their spread, the narrowest first; the sign of each is free.
    widest = transform[:, ::-1][:, :DIMENSIONS]
    return mean, widest * np.sign(widest[np.abs(widest).argmax(axis=0), np.arange(DIMENSIONS)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=TARGET)
    out: Path = parser.parse_args().out
    if not ((DATA / "subjects").is_dir() and (DATA / "styles").is_dir()):
        print(f"nothing fitted: no subjects and styles in {DATA} (set SERIES_EVAL)")
        return
    cv2.setNumThreads(1)
    net = find_model(FEATURES).paths["features"]
    frames = [frame_from_array(crop.pixels, crop.label) for crop in subject_crops()]
    style, subject = activations(net, frames).mean(axis=0), features(net, frames).mean(axis=0)
    save(out / "light.npz", style_mean=style, subject_mean=subject)
    painted = [
        frame_from_array(pixels_of(DATA / "styles" / row["file"]), row["file"])
        for row in rows_of(DATA / "styles" / "labels.csv")
    ]
    mean, transform = fit_maps(net, [*frames, *painted])
    save(out / "light_maps.npz", mean=mean, transform=transform)


def save(path: Path, **arrays: np.ndarray) -> None:
    np.savez_compressed(path, **{name: array.astype(np.float16) for name, array in arrays.items()})
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
