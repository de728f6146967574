"""How well the appearance vector tells one subject from another: AUC, EER, intervals, verdicts, time.

    OMP_NUM_THREADS=1 SERIES_EVAL=<data folder> python tests/evaluation/eval_subjects.py [--fast]

Held out means: words and projection fitted on every second subject and on comic episode 3 only, and figures
taken on the other subjects, episodes 1 and 5 and generator output. --fast skips that fit and uses the
committed arrays, which have seen all subjects. Intervals: bootstrap over test images, 95 %.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import fit_appearance
import numpy as np
from fit_appearance import DATA, pixels_of, rows_of, subject_crops

from consistency.encoders.appearance import (
    BACKGROUND_BOXES,
    AppearanceEncoder,
    Learned,
    describe,
    learned,
)
from consistency.image import Frame, frame_from_array
from consistency.subject import subject_of
from consistency.vectors import Gallery, whiten

PROJECTS, CAST, REFERENCES = 120, 4, 3
SAME, OTHER = ("none", "slight"), ("clear", "other_character")
MANY = "fb_castle_v1"
"""Its references show three different characters, its frames were not boxed."""
GECKO = ("wan26_t2i", "wan25_i2i", "kontext_ref", "flux_text")
"""Four generators that were given one and the same reference."""
LIMITS = {"project": (0.85, 1.05), "alone": (0.75, 1.15)}
"""Proposed tolerances of the centred cosine distance: accept_below, reject_above."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    name: str
    label: str
    group: str
    frame: Frame
    vector: np.ndarray
    around: np.ndarray
    note: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    image: str
    same: bool
    distance: float
    margin: float = 0.0


class Encoding:
    """The public encoder, or the same with arrays fitted for this evaluation."""

    def __init__(self, arrays: Learned) -> None:
        self.arrays = arrays

    def encode(self, frames: Sequence[Frame]) -> np.ndarray:
        plain = [describe(subject_of(frame), self.arrays) for frame in frames]
        return whiten(np.stack(plain), self.arrays.mean, self.arrays.projection)

    def item(self, name, label, group, pixels, note="") -> Item:
        frame = frame_from_array(np.ascontiguousarray(pixels), name)
        around = self.encode([frame.crop(box) for box in BACKGROUND_BOXES])
        return Item(name, label, group, frame, self.encode([frame])[0], around, note)


def subjects(encoding) -> list[Item]:
    return [encoding.item(f"s{i}", c.label, "", c.pixels) for i, c in enumerate(subject_crops())]


def comic(encoding) -> list[Item]:
    items = []
    for row in rows_of(DATA / "comic" / "boxes.csv"):
        left, top, right, bottom = (int(row[key]) for key in ("x0", "y0", "x1", "y1"))
        pixels = pixels_of(DATA / "comic" / row["path"])[top:bottom, left:right]
        items.append(encoding.item(row["panel"], row["character"], row["path"][:4], pixels))
    return items


def comic_references(encoding) -> list[Item]:
    return [
        encoding.item(
            row["from_panel"], row["character"], row["role"], pixels_of(DATA / "comic" / row["path"])
        )
        for row in rows_of(DATA / "comic" / "refs" / "refs.csv")
    ]


def generated(encoding) -> list[Item]:
    drawn = {r["series"] for r in rows_of(DATA / "generated" / "series.csv") if r["medium"] == "drawn"}
    boxes = {(r["series"], r["frame"]): r for r in rows_of(DATA / "generated" / "boxes.csv")}
    items = []
    for row in rows_of(DATA / "generated" / "frames.csv"):
        if row["series"] not in drawn:
            continue
        pixels = pixels_of(DATA / "generated" / row["file"])
        box = boxes.get((row["series"], row["frame"]))
        if box:
            height, width = pixels.shape[:2]
            left, top, right, bottom = (float(box[key]) for key in ("x0", "y0", "x1", "y1"))
            pixels = pixels[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
        note = "reference" if row["role"] == "reference" else row["identity"]
        items.append(encoding.item(row["file"], row["series"], row["series"], pixels, note))
    return items


def stack(items) -> np.ndarray:
    return np.stack([item.vector for item in items])


def in_project(references: dict[str, list[Item]], tests: Sequence[Item]) -> tuple[list[Score], list[Score]]:
    """Every test against every character. → (of the project's own characters, of outsiders)."""
    gallery = Gallery.build({name: stack(items) for name, items in references.items()})
    own, outside = [], []
    for item, row in zip(tests, gallery.distances(stack(tests)), strict=True):
        for name, distance in zip(gallery.names, row, strict=True):
            rival = min(d for other, d in zip(gallery.names, row, strict=True) if other != name)
            score = Score(item.name, item.label == name, float(distance), float(distance - rival))
            (own if item.label in gallery.names else outside).append(score)
    return own, outside


def alone(references: list[Item], tests: Sequence[Item], *, background=True) -> list[Score]:
    """Every test against one character that is the project's only one."""
    around = np.concatenate([item.around for item in references]) if background else None
    gallery = Gallery.build({references[0].label: stack(references)}, around)
    distances = gallery.distances(stack(tests))[:, 0]
    return [
        Score(item.name, item.label == references[0].label, float(distance))
        for item, distance in zip(tests, distances, strict=True)
    ]


def subject_projects(items, names) -> tuple[list[Score], list[Score]]:
    rng = np.random.default_rng(0)
    by_name = {name: [item for item in items if item.label == name] for name in names}
    own, outside = [], []
    for _ in range(PROJECTS):
        cast = rng.choice(sorted(names), CAST, replace=False)
        shuffled = {name: [by_name[name][i] for i in rng.permutation(len(by_name[name]))] for name in cast}
        references = {name: chosen[:REFERENCES] for name, chosen in shuffled.items()}
        tests = [item for chosen in shuffled.values() for item in chosen[REFERENCES:]]
        tests += [item for name in names if name not in cast for item in by_name[name]]
        scores = in_project(references, tests)
        own += scores[0]
        outside += scores[1]
    return own, outside


def subjects_alone(items, names, **kwargs) -> list[Score]:
    rng = np.random.default_rng(1)
    scores = []
    for name in sorted(names):
        mine = [item for item in items if item.label == name]
        rest = [item for item in items if item.label in names and item.label != name]
        for _ in range(4):
            order = [mine[i] for i in rng.permutation(len(mine))]
            scores += alone(order[:REFERENCES], order[REFERENCES:] + rest, **kwargs)
    return scores


def comic_split(boxes, references, episode):
    """References as they are pinned for an episode, and the boxes that none of them was cut from."""
    roles = ("primary",) if episode == "ep01" else ("later_style", "first_seen")
    cast = ("pepper", "carrot", "saffron") if episode == "ep03" else ("pepper", "carrot")
    pinned = {name: [r for r in references if r.label == name and r.group in roles] for name in cast}
    cut = {(item.name, item.label) for items in pinned.values() for item in items}
    return pinned, [b for b in boxes if b.group == episode and (b.name, b.label) not in cut]


def comic_alone(boxes, references, episodes, **kwargs) -> list[Score]:
    scores = []
    for episode in episodes:
        pinned, tests = comic_split(boxes, references, episode)
        for items in pinned.values():
            scores += alone(items, tests, **kwargs)
    return scores


def series_alone(items, series, **kwargs) -> list[Score]:
    """One character, one reference; same = none or slight drift by eye, other = clear or other character."""
    mine = [item for item in items if item.group == series]
    references = [item for item in mine if item.note == "reference"]
    tests = [item for item in mine if item.note in SAME + OTHER]
    if not references:
        return []
    if series == MANY:
        each = [alone([reference], tests, **kwargs) for reference in references]
        best = [min(scores, key=lambda s: s.distance) for scores in zip(*each, strict=True)]
    else:
        best = alone(references, tests, **kwargs)
    return [Score(s.image, t.note in SAME, s.distance) for s, t in zip(best, tests, strict=True)]


def redrawn_in_project(items) -> list[Score]:
    """A series' one reference among four other drawn characters; same and other as in `series_alone`."""
    rita, rico, cat = (item for item in items if item.group == MANY and item.note == "reference")
    pip = next(item for item in items if item.group == "fb_sheet_pip")
    others = {"rita": [rita], "rico": [rico], "cat": [cat], "pip": [pip]}
    scores = []
    for series in sorted({item.group for item in items if "gus" in item.group or "volcano" in item.group}):
        mine = [item for item in items if item.group == series]
        references = [item for item in mine if item.note == "reference"]
        tests = [item for item in mine if item.note in SAME + OTHER]
        gallery = Gallery.build({series: stack(references), **{k: stack(v) for k, v in others.items()}})
        distances = gallery.distances(stack(tests))[:, 0]
        scores += [Score(t.name, t.note in SAME, float(d)) for t, d in zip(tests, distances, strict=True)]
    return scores


def drawn_projects(items, boxes) -> list[Score]:
    """Four drawn characters of different origin, three references each."""
    kept = "jungle_wan26 jungle_riso castle_riso sheet_fern sheet_pip sheet_sol gingerboy face_anime belgium"
    pools = defaultdict(list)
    for item in items:
        if any(item.group.endswith(end) for end in kept.split()) and item.note in SAME:
            pools[item.group].append(item)
        if item.group in ("fb_gus_wan26_t2i", "fb_gus_wan25_i2i") and item.note in SAME:
            pools["gus"].append(item)
    for box in boxes:
        if box.group in ("ep01", "ep05") and box.label in ("pepper", "carrot"):
            pools[f"{box.label}/{box.group}"].append(box)
    rng, scores = np.random.default_rng(2), []
    for _ in range(PROJECTS // 2):
        cast = [str(name) for name in rng.choice(sorted(pools), CAST, replace=False)]
        if len({name.split("/")[0] for name in cast}) < CAST:
            continue
        order = {name: [pools[name][i] for i in rng.permutation(len(pools[name]))] for name in cast}
        tests = [
            Item(i.name, name, i.group, i.frame, i.vector, i.around)
            for name, chosen in order.items()
            for i in chosen[REFERENCES:]
        ]
        if tests:
            scores += in_project({name: chosen[:REFERENCES] for name, chosen in order.items()}, tests)[0]
    return scores


# Figures


def auc(same, other) -> float:
    same = np.sort(same)
    left, right = np.searchsorted(same, other, "left"), np.searchsorted(same, other, "right")
    return float((left + right).mean() / 2 / len(same))


def eer(same, other) -> float:
    cuts = np.unique(np.concatenate([same, other]))
    misses = 1 - np.searchsorted(np.sort(same), cuts, "right") / len(same)
    taken = np.searchsorted(np.sort(other), cuts, "right") / len(other)
    at = np.abs(misses - taken).argmin()
    return float((misses[at] + taken[at]) / 2)


def split(scores) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([s.distance for s in scores if s.same]),
        np.array([s.distance for s in scores if not s.same]),
    )


def interval(scores, rounds=200) -> tuple[float, float]:
    by_image = defaultdict(list)
    for score in scores:
        by_image[score.image].append(score)
    groups, rng, values = [split(g) for g in by_image.values()], np.random.default_rng(3), []
    for _ in range(rounds):
        chosen = [groups[i] for i in rng.integers(len(groups), size=len(groups))]
        same, other = (np.concatenate([group[k] for group in chosen]) for k in (0, 1))
        if len(same) and len(other):
            values.append(auc(same, other))
    return tuple(np.quantile(values, [0.025, 0.975]))


def line(name, scores) -> None:
    same, other = split(scores)
    counts = f"{len(same):5d} / {len(other):6d} of {len({s.image for s in scores}):3d} images"
    if not len(same) or not len(other):
        print(f"{name:44s} {counts}   one kind only")
        return
    low, high = interval(scores)
    print(
        f"{name:44s} {counts}   "
        f"AUC {auc(same, other):.3f} [{low:.3f}, {high:.3f}]  EER {eer(same, other):.3f}"
    )


def logistic(parts) -> tuple[float, float]:
    """P(same) = 1 / (1 + exp(slope · distance + offset)); all parts weigh equal, same and other too."""
    kinds = [(distances, y) for part in parts for distances, y in zip(split(part), (1.0, 0.0), strict=True)]
    x = np.concatenate([distances for distances, _ in kinds])
    y = np.concatenate([np.full(len(distances), y) for distances, y in kinds])
    w = np.concatenate([np.full(len(distances), 1 / len(distances)) for distances, _ in kinds])
    table, beta = np.stack([x, np.ones_like(x)], axis=1), np.array([1.0, -1.0])
    for _ in range(100):
        p = 1 / (1 + np.exp(table @ beta))
        bend = (table * (w * p * (1 - p))[:, None]).T @ table
        step = np.linalg.solve(bend, table.T @ (w * (y - p)))
        beta = beta - step / max(1.0, np.abs(step).max() / 2)
    return float(beta[0]), float(beta[1])


def cllr(scores, slope, offset) -> float:
    same, other = (slope * distances + offset for distances in split(scores))
    bits = np.logaddexp(0, same).mean() + np.logaddexp(0, -other).mean()
    return float(bits / 2 / np.log(2))


def verdicts(name, scores, accept, reject) -> None:
    same, other = split(scores)
    print(
        f"{name:32s} same: consistent {np.mean(same <= accept):.3f} drifted {np.mean(same > reject):.3f} | "
        f"other: consistent {np.mean(other <= accept):.3f} drifted {np.mean(other > reject):.3f}"
        f"   ({len(same)} / {len(other)})"
    )


def timing(frames, rounds=5) -> float:
    encoder, best = AppearanceEncoder(), []
    for frame in frames:
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            encoder.encode([frame])
            times.append(time.perf_counter() - start)
        best.append(min(times))
    return 1000 * float(np.median(best))


def main() -> None:
    cv2.setNumThreads(1)
    if not DATA.is_dir():
        print(f"no development data at {DATA}: set SERIES_EVAL to its folder")
        return
    names = sorted({c.label for c in subject_crops()})
    fitted, kept = (set(names), set(names)) if "--fast" in sys.argv else (set(names[::2]), set(names[1::2]))
    if "--fast" in sys.argv:
        arrays = learned()
    else:
        arrays = fit_appearance.fit(
            fit_appearance.training_crops(sorted(fitted)), np.random.default_rng(fit_appearance.SEED)
        )
    encoding = Encoding(arrays)
    photos, boxes, pinned, drawn = (
        subjects(encoding),
        comic(encoding),
        comic_references(encoding),
        generated(encoding),
    )

    print("\nProjects of several characters, centred on the project\n")
    own, outside = subject_projects(photos, kept)
    line(f"subjects, {CAST} × {REFERENCES}, own cast", own)
    line("subjects, outsiders against the same cast", [s for s in own if s.same] + outside)
    dogs = [name for name in names if name.startswith("dog")]
    line("seven dogs (half of them fitted on)", subject_projects(photos, dogs)[0])
    comics = {e: in_project(*comic_split(boxes, pinned, e)) for e in ("ep01", "ep05", "ep03")}
    for episode, scores in comics.items():
        line(f"comic {episode}" + (" (fitted on)" if episode == "ep03" else ""), scores[0])
    held = comics["ep01"][0] + comics["ep05"][0]
    line("comic ep01 + ep05", held)
    pools = drawn_projects(drawn, boxes)
    line(f"drawn series and comic, {CAST} × {REFERENCES}", pools)

    redrawn = redrawn_in_project(drawn)
    line("one of five drawn characters, redrawn", redrawn)
    for ending in ("volcano_v1", *GECKO):
        line(f"  {ending}", [s for s in redrawn if ending in s.image])
    line("  one gecko reference, four generators", [s for s in redrawn if any(e in s.image for e in GECKO)])

    print("\nOne character alone\n")
    single = {}
    for words, on in (("with background windows", True), ("without", False)):
        lone = [
            subjects_alone(photos, kept, background=on),
            comic_alone(boxes, pinned, ("ep01", "ep05"), background=on),
        ]
        every = {s: series_alone(drawn, s, background=on) for s in sorted({i.group for i in drawn})}
        every = {name: scores for name, scores in every.items() if scores}
        crops = [s for name, scores in every.items() if name != MANY for s in scores]
        line(f"subjects, {words}", lone[0])
        line(f"comic ep01 + ep05, {words}", lone[1])
        for name, scores in every.items():
            line(f"  {name}", scores)
        gecko = [s for n in GECKO for s in every[f"fb_gus_{n}"]]
        line("one gecko reference, four generators", gecko)
        line(f"generated, all but the unboxed, {words}", crops)
        single[on] = [*lone, crops]

    print("\nCalibration: P(same) = 1 / (1 + exp(slope · distance + offset))\n")
    groups = {"project": [own, held, pools], "alone": single[True], "alone, no background": single[False]}
    for name, parts in groups.items():
        slope, offset = logistic(parts)
        each = ", ".join(
            f"{cllr(part, *logistic([p for p in parts if p is not part])):.2f}" for part in parts
        )
        print(
            f"{name:22s} slope {slope:.3f} offset {offset:.3f}   "
            f"Cllr of each part, fitted on the others: {each}"
        )
    print("\nVerdicts, by the proposed limits\n")
    groups["project"].append(redrawn)
    for name, (accept, reject) in LIMITS.items():
        print(f"{name}: accept_below {accept}, reject_above {reject}")
        kinds = ("subjects", "comic", "drawn", "redrawn by a generator")
        for part, words in zip(
            groups[name], kinds if name == "project" else (*kinds[:2], kinds[3]), strict=True
        ):
            verdicts(f"  {words}", part, accept, reject)
    accept, reject = LIMITS["project"]
    far = np.array([score.distance for score in outside])
    print(
        f"  outsiders: consistent {np.mean(far <= accept):.3f} "
        f"drifted {np.mean(far > reject):.3f} ({len(far)})"
    )
    margins = [
        np.quantile([s.margin for s in part if s.same], [0.5, 0.9, 0.97, 1.0]) for part in (own, held, pools)
    ]
    print(
        "\nmargin of a true match to its nearest rival, quantiles .5 .9 .97 1:",
        *np.round(margins, 2).tolist(),
    )
    print(
        f"\n{timing([item.frame for item in photos[::8]]):.1f} ms a crop, one thread, "
        f"{AppearanceEncoder().id}"
    )


if __name__ == "__main__":
    main()
