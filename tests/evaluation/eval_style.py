"""Labeled pictures in, one table out: how well texture and rendering tell style drift from none.

Needs `styles`, `comic` and `generated` under $SERIES_EVAL; without them it says so and exits 0.
Run from the repository root: python tests/evaluation/eval_style.py
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from consistency.encoders.encoder import ImageEncoder
from consistency.encoders.rendering import RenderingEncoder, describe, rendering_distance
from consistency.encoders.texture import TextureEncoder
from consistency.image import WORKING_SIDE, Frame, frame_from_array, read_frame

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Distance = Callable[[Float32, Float32], float]

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DATA: Final = Path(os.environ.get("SERIES_EVAL", REPOSITORY.parent / "shared" / "eval"))
SEED: Final = 5
RESAMPLES: Final = 1000
DRAWS: Final = 20
"""Random choices of references per series."""
REFERENCES: Final = 3
SERIES_AT_LEAST: Final = 5
PHOTOGRAPHED: Final = ("iy_", "uno_")
"""Series pinned to a photograph of a face or object, which says nothing about style."""
PROPOSED: Final = {
    "style.reference": (0.70, 0.85),
    "style.series": (0.55, 0.75),
    "rendering.reference": (4.5, 7.5),
    "rendering.series": (3.0, 4.0),
}
"""accept_below, reject_above: set on this very data so that few frames without drift are rejected."""
PAINTINGS: Final = {
    "picasso_selfport1907": "picasso",
    "shipwreck": "shipwreck",
    "seated-nude": "seated_nude",
    "the_scream": "scream",
    "starry_night": "starry",
    "starry_night_crop": "starry",
    "starry_night_google": "starry",
    "woman-with-hat-matisse": "matisse",
    "frida_kahlo": "kahlo",
    "escher_sphere": "escher",
}
"""Input paintings of `styles` → the style_key of their outputs."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One labeled picture of `styles`."""

    path: Path
    content: str
    style: str
    painting: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Frames and references by one hand, none with style drift, and the few labeled as drifted."""

    name: str
    family: str
    """Series of one family share a style; only other families count as drifted."""
    paths: tuple[Path, ...]
    slight: tuple[Path, ...] = ()
    clear: tuple[Path, ...] = ()


def main() -> None:
    missing = [name for name in ("styles", "comic", "generated") if not (DATA / name).is_dir()]
    if missing:
        print(f"nothing measured: no {', '.join(missing)} in {DATA} (set SERIES_EVAL)")
        return
    cv2.setNumThreads(1)
    report_style_pairs()
    report_rendering_faults()
    report_tolerances()


def auc(near: Sequence[float] | Float64, far: Sequence[float] | Float64) -> float:
    """Chance that a pair of one style lies nearer than a pair of two. → in [0, 1]."""
    ranks = rankdata(np.concatenate([near, far]))
    count = len(near)
    below = ranks[:count].sum() - count * (count + 1) / 2
    return 1 - float(below) / (count * len(far))


def read(path: Path) -> Frame:
    return read_frame(path, longest_side=WORKING_SIDE)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Style pairs ----------------------------------------------------------------------------------------------


def report_style_pairs() -> None:
    pictures = style_pictures()
    vectors = TextureEncoder().encode([read(picture.path) for picture in pictures])
    print(f"style pairs, {TextureEncoder().id}, {len(pictures)} pictures, 95 % intervals over pictures")
    everyone = list(range(len(pictures)))
    random = np.random.default_rng(SEED)
    drawn = [pair_aucs(pictures, vectors, random.choice(everyone, len(everyone))) for _ in range(RESAMPLES)]
    for name, (value, near, far) in pair_aucs(pictures, vectors, everyone).items():
        low, high = np.nanquantile([sample[name][0] for sample in drawn], [0.025, 0.975])
        print(f"  {name:18} AUC {value:.3f} [{low:.3f}, {high:.3f}]  {near} same, {far} other")


def style_pictures() -> list[Picture]:
    found = []
    for row in rows(DATA / "styles" / "labels.csv"):
        painting = row["kind"] == "input" and row["content"] in PAINTINGS
        style = PAINTINGS[row["content"]] if painting else row["style_key"]
        if style:
            found.append(Picture(DATA / "styles" / row["file"], row["content"], style, painting))
    return found


def pair_aucs(
    pictures: Sequence[Picture], vectors: Float32, chosen: Sequence[int] | NDArray[np.intp]
) -> dict[str, tuple[float, int, int]]:
    """→ name → AUC, pairs of one style, pairs of two. A picture drawn twice is not paired with itself."""
    kinds: dict[str, list[float]] = {"same": [], "other": [], "hard": [], "painting": [], "not painting": []}
    for kind, first, second in labeled_pairs(pictures, chosen):
        kinds[kind].append(1 - float(vectors[first] @ vectors[second]))
    other = kinds["other"] + kinds["hard"]
    table = {
        "outputs": (kinds["same"], other),
        "HARD": (kinds["same"], kinds["hard"]),
        "painting↔output": (kinds["painting"], kinds["not painting"]),
        "all": (kinds["same"] + kinds["painting"], other + kinds["not painting"]),
    }
    return {
        name: (auc(near, far) if near and far else float("nan"), len(near), len(far))
        for name, (near, far) in table.items()
    }


def labeled_pairs(
    pictures: Sequence[Picture], chosen: Sequence[int] | NDArray[np.intp]
) -> Iterator[tuple[str, int, int]]:
    for position, first in enumerate(chosen):
        for second in chosen[:position]:
            a, b = pictures[first], pictures[second]
            kind = pair_kind(a, b)
            if first != second and kind:
                yield kind, int(first), int(second)


def pair_kind(a: Picture, b: Picture) -> str:
    """Empty for pairs that say nothing: two paintings, or one content in one style."""
    if a.painting and b.painting:
        return ""
    if a.painting or b.painting:
        return "painting" if a.style == b.style else "not painting"
    if a.style == b.style:
        return "same" if a.content != b.content else ""
    return "hard" if a.content == b.content else "other"


# Rendering faults -----------------------------------------------------------------------------------------


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def grained(pixels: Pixels, sigma: float) -> Pixels:
    noise = np.random.default_rng(SEED).normal(0, sigma, pixels.shape[:2])[..., None]
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def thickened(pixels: Pixels, radius: int) -> Pixels:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(radius) + 1,) * 2)
    return np.asarray((cv2.erode if radius > 0 else cv2.dilate)(pixels, kernel), np.uint8)


def posterized(pixels: Pixels, tones: int) -> Pixels:
    return (np.round(pixels / 255 * (tones - 1)) * (255 / (tones - 1))).astype(np.uint8)


def screened(pixels: Pixels, cell: float) -> Pixels:
    """A 45° dot screen over the mid and dark tones."""
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]] * (2 * np.pi / cell / np.sqrt(2))
    dots = (np.cos(x + y) + np.cos(y - x)) / 2
    tone = pixels.mean(axis=2) / 255 * 2 - 1
    return np.clip(pixels - 60.0 * (dots > tone * 0.8 + 0.1)[..., None], 0, 255).astype(np.uint8)


FAULTS: Final[Mapping[str, Callable[[Pixels], Pixels]]] = {
    "blur σ 0.7": lambda pixels: blurred(pixels, 0.7),
    "blur σ 1": lambda pixels: blurred(pixels, 1.0),
    "blur σ 2": lambda pixels: blurred(pixels, 2.0),
    "grain σ 4": lambda pixels: grained(pixels, 4),
    "grain σ 10": lambda pixels: grained(pixels, 10),
    "lines + 1": lambda pixels: thickened(pixels, 1),
    "lines + 2": lambda pixels: thickened(pixels, 2),
    "lines − 1": lambda pixels: thickened(pixels, -1),
    "lines − 2": lambda pixels: thickened(pixels, -2),
    "16 tones": lambda pixels: posterized(pixels, 16),
    "6 tones": lambda pixels: posterized(pixels, 6),
    "halftone": lambda pixels: screened(pixels, 6),
}


def report_rendering_faults() -> None:
    """Each comic panel against the other panels of its style, as it is and with one fault."""
    encoder = RenderingEncoder()
    groups = {name: [read(path) for path in series.paths] for name, series in comic_series().items()}
    clean = {name: encoder.encode(frames) for name, frames in groups.items()}
    usual = leave_one_out(clean, clean)
    limit = PROPOSED["rendering.series"][1]
    print(f"\nrendering faults, {encoder.id}, {len(usual)} comic panels against the others of their style")
    for fault, change in FAULTS.items():
        spoiled = {
            name: encoder.encode([changed(f, change) for f in frames]) for name, frames in groups.items()
        }
        moved = leave_one_out(spoiled, clean)
        low, high = interval(usual, moved)
        print(
            f"  {fault:12} AUC {auc(usual, moved):.3f} [{low:.3f}, {high:.3f}]  over {limit:g}:"
            f" {np.mean(moved > limit):.2f}  {commonest_words(spoiled, clean)}"
        )


def changed(frame: Frame, change: Callable[[Pixels], Pixels]) -> Frame:
    return frame_from_array(np.ascontiguousarray(change(frame.pixels)), frame.name)


def leave_one_out(probes: Mapping[str, Float32], references: Mapping[str, Float32]) -> Float64:
    return np.array(
        [
            rendering_distance(row, np.delete(references[name], index, axis=0)).distance
            for name, vectors in probes.items()
            for index, row in enumerate(vectors)
        ]
    )


def commonest_words(probes: Mapping[str, Float32], references: Mapping[str, Float32]) -> str:
    words = [
        describe(rendering_distance(row, np.delete(references[name], index, axis=0)).z)
        for name, vectors in probes.items()
        for index, row in enumerate(vectors)
    ]
    best = max(set(words), key=words.count)
    return f"{words.count(best)} of {len(words)}: {best}"


def interval(near: Float64, far: Float64) -> tuple[float, float]:
    random = np.random.default_rng(SEED)
    drawn = [auc(random.choice(near, len(near)), random.choice(far, len(far))) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


# Tolerances -----------------------------------------------------------------------------------------------


def comic_series() -> dict[str, Series]:
    """Episode 1 is painted, 3 and 5 are ink and watercolor: two series by one artist."""
    paths: dict[str, list[Path]] = {"comic painted": [], "comic ink": []}
    for row in rows(DATA / "comic" / "panels.csv"):
        name = "comic painted" if row["episode"] == "ep01" else "comic ink"
        paths[name].append(DATA / "comic" / row["path"])
    return {name: Series(name, name, tuple(found)) for name, found in paths.items()}


def generated_series() -> dict[str, Series]:
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows(DATA / "generated" / "frames.csv"):
        groups.setdefault(row["series"], []).append(row)
    return {
        name: Series(
            name, style_family(name), *(paths_labeled(found, label) for label in ("none", "slight", "clear"))
        )
        for name, found in groups.items()
    }


def paths_labeled(found: Sequence[Mapping[str, str]], style: str) -> tuple[Path, ...]:
    return tuple(DATA / "generated" / row["file"] for row in found if row["style"] == style)


def style_family(series: str) -> str:
    """Series of one project by one generator share a look."""
    return next((shared for shared in ("gus", "sheet", "riso", "asch") if shared in series), series)


def nearest_cosine(row: Float32, references: Float32) -> float:
    return 1 - float((references @ row).max())


def center_cosine(row: Float32, others: Float32) -> float:
    center = others.mean(axis=0)
    return 1 - float(center @ row) / float(np.linalg.norm(center))


def largest_move(row: Float32, references: Float32) -> float:
    return rendering_distance(row, references).distance


def report_tolerances() -> None:
    catalog = {**comic_series(), **generated_series()}
    kept = {name: one for name, one in catalog.items() if len(one.paths) >= SERIES_AT_LEAST}
    frames = sum(len(one.paths) for one in kept.values())
    print(f"\ntolerances, {len(kept)} series, {frames} frames without drift")
    plan: tuple[tuple[ImageEncoder, dict[str, Distance]], ...] = (
        (TextureEncoder(), {"style.reference": nearest_cosine, "style.series": center_cosine}),
        (RenderingEncoder(), {"rendering.reference": largest_move, "rendering.series": largest_move}),
    )
    for encoder, checks in plan:
        vectors = {
            (name, label): encoder.encode([read(path) for path in getattr(one, label)])
            for name, one in kept.items()
            for label in ("paths", "slight", "clear")
        }
        for check, distance in checks.items():
            report_check(check, kept, vectors, distance)
            if check.endswith("reference"):
                report_pinned(check, encoder, distance)


def report_pinned(check: str, encoder: ImageEncoder, distance: Distance) -> None:
    """Generated frames against the references that their makers pinned, mostly one sheet on white."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows(DATA / "generated" / "frames.csv"):
        groups.setdefault(row["series"], []).append(row)
    probes: dict[str, list[float]] = {"none": [], "slight": [], "clear": []}
    for name, found in groups.items():
        pinned = [DATA / "generated" / row["file"] for row in found if row["role"] == "reference"]
        if not pinned or name.startswith(PHOTOGRAPHED):
            continue
        references = encoder.encode([read(path) for path in pinned])
        for label, values in probes.items():
            frames = [read(path) for path in paths_labeled(found, label)]
            values += [distance(row, references) for row in encoder.encode(frames)]
    for label, values in probes.items():
        print_rates(f"pinned, {label}", np.array(values), PROPOSED[check])


def report_check(
    check: str,
    kept: Mapping[str, Series],
    vectors: Mapping[tuple[str, str], Float32],
    distance: Distance,
) -> None:
    """Frames without drift against their own series; labeled ones and those of other families against it."""
    probes: dict[str, list[float]] = {
        name: [] for name in ("comic", "generated", "slight", "clear", "other hand")
    }
    for name, one in kept.items():
        own = "comic" if name.startswith("comic") else "generated"
        strangers = np.concatenate([vectors[k, "paths"] for k in kept if kept[k].family != one.family])
        for inside, outside in splits(len(one.paths), random_references=check.endswith("reference")):
            references = vectors[name, "paths"][inside]
            probes[own] += [distance(vectors[name, "paths"][index], references) for index in outside]
            for label in ("slight", "clear"):
                probes[label] += [distance(row, references) for row in vectors[name, label]]
            probes["other hand"] += [distance(row, references) for row in strangers[len(outside) :: 17]]
    print(f"  {check}: accept_below, reject_above {PROPOSED[check]}")
    for label, values in probes.items():
        print_rates(label, np.array(values), PROPOSED[check])


def print_rates(label: str, found: Float64, band: tuple[float, float]) -> None:
    quantiles = " ".join(f"{value:.2f}" for value in np.quantile(found, [0.5, 0.9, 0.95, 0.98]))
    print(
        f"    {label:14} accepted {np.mean(found <= band[0]):.3f} rejected {np.mean(found > band[1]):.3f}"
        f"  50/90/95/98 %: {quantiles}  ({len(found)} comparisons)"
    )


def splits(count: int, *, random_references: bool) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """References and probes: random threes against the rest, or all others against each."""
    random = np.random.default_rng(SEED)
    if random_references:
        for _ in range(DRAWS):
            order = random.permutation(count)
            yield order[:REFERENCES], order[REFERENCES:]
    else:
        everyone = np.arange(count)
        for index in everyone:
            yield np.delete(everyone, index), everyone[index : index + 1]


if __name__ == "__main__":
    main()
