"""Photographs in, consistency/encoders/data/light.npz out: means that `light` takes out of its vectors.

Source: `subjects`, 157 photographs of 30 subjects from google/dreambooth, CC BY 4.0 (some from Unsplash).
Only two mean vectors derived from them are kept. Drawings, paintings and generated pictures take no part.

    SERIES_EVAL=<data folder> SERIES_MODELS=<models> python tests/evaluation/fit_light.py [--out FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from fit_appearance import DATA, ROOT, subject_crops

from consistency.encoders.light import FEATURES
from consistency.encoders.light.mobilenet import activations, features
from consistency.encoders.models import find_model
from consistency.image import frame_from_array

TARGET = ROOT / "consistency" / "encoders" / "data" / "light.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=TARGET)
    out: Path = parser.parse_args().out
    if not (DATA / "subjects").is_dir():
        print(f"nothing fitted: no photographs in {DATA / 'subjects'} (set SERIES_EVAL)")
        return
    cv2.setNumThreads(1)
    net = find_model(FEATURES).paths["features"]
    frames = [frame_from_array(crop.pixels, crop.label) for crop in subject_crops()]
    style, subject = activations(net, frames).mean(axis=0), features(net, frames).mean(axis=0)
    np.savez_compressed(out, style_mean=style.astype(np.float16), subject_mean=subject.astype(np.float16))
    print(f"{out}: {len(frames)} photographs, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
