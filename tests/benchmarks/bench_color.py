"""Speed beside colormath's: python tests/benchmarks/bench_color.py (installed, or on PYTHONPATH)."""

import time
from collections.abc import Callable

import numpy as np
from colormath.color_diff_matrix import delta_e_cie2000

from consistency.color import ciede2000, ciede2000_matrix, earth_movers_distance, srgb_to_lab
from consistency.dominant import dominant_colors
from consistency.palette_measures import role_mean_shift

ROUNDS = 7
PIXELS = 200_000
PICTURE = (1024, 1024, 3)
SAMPLES = 4096


def seconds(call: Callable[[], object]) -> float:
    """Best of ROUNDS after one warming call: the least disturbed by other work on the machine."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    rng = np.random.default_rng(0)
    lab = srgb_to_lab(rng.integers(0, 256, (PIXELS, 3), np.uint8))
    one, wide = lab[0].astype(np.float64), lab.astype(np.float64)
    ours = PIXELS / seconds(lambda: ciede2000(lab, lab[0])) / 1e6
    pairs = PIXELS / seconds(lambda: ciede2000(lab, lab[::-1])) / 1e6
    theirs = PIXELS / seconds(lambda: delta_e_cie2000(one, wide)) / 1e6
    worst = np.abs(ciede2000(lab, lab[0]) - delta_e_cie2000(one, wide)).max()
    ratio = ours / theirs
    print(f"ΔE00, 1 × N         {ours:7.1f} M/s   colormath's matrix form {theirs:.1f} M/s   {ratio:.1f} ×")
    print(f"ΔE00, N pairs       {pairs:7.1f} M/s   largest difference from colormath {worst:.1e}")
    table = seconds(lambda: ciede2000_matrix(lab[:SAMPLES], lab[:8]))
    print(f"ΔE00, {SAMPLES} × 8      {1e3 * table:7.2f} ms")

    picture = rng.integers(0, 256, PICTURE, np.uint8)
    unit = picture.astype(np.float32) / 255
    count = picture.size / 3e6
    print(f"sRGB → Lab, bytes   {count / seconds(lambda: srgb_to_lab(picture)):7.1f} M px/s")
    print(f"sRGB → Lab, floats  {count / seconds(lambda: srgb_to_lab(unit)):7.1f} M px/s")

    # Smooth blobs, as a picture has them, and noise over the whole cube as the worst case.
    centers = lab[rng.integers(0, PIXELS, 12)]
    blobs = (centers[rng.integers(0, 12, SAMPLES)] + rng.normal(0, 5, (SAMPLES, 3))).astype(np.float32)
    pooled, noisy = seconds(lambda: dominant_colors(blobs)), seconds(lambda: dominant_colors(lab[:SAMPLES]))
    print(f"dominant colors     {1e3 * pooled:7.2f} ms for {SAMPLES} samples, {1e3 * noisy:.2f} ms of noise")
    found = dominant_colors(blobs)
    weights = np.ones(SAMPLES)
    shift = seconds(lambda: role_mean_shift(blobs, weights, found.labs, found.shares))
    print(f"role mean shift     {1e3 * shift:7.2f} ms for {SAMPLES} samples")
    eights = [(lab[i : i + 8], rng.random(8)) for i in (0, 8)]
    moved = seconds(lambda: earth_movers_distance(*eights[0], *eights[1]))
    print(f"earth mover's       {1e-3 / moved:7.1f} k pairs/s at 8 × 8 colors")


if __name__ == "__main__":
    main()
