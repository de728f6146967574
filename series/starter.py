"""A folder in, a commented manifest in it to start from."""

from __future__ import annotations

from pathlib import Path

from series.errors import SeriesError
from series.files import write_atomically

FILE_NAME = "series.yaml"

# It reads without an error and audits at once. Nothing that anyone's own frames could contradict is pinned:
# sizes, colors and references are examples, so a first audit says UNSURE and what to add, not DRIFTED.
STARTER = """\
# A series and what must stay the same from picture to picture.
#   series run series.yaml --dry-run      what would be asked for; without --dry-run the panels are made
#   series audit series.yaml --frames frames --html audit.html       for pictures that are there
# Frames are matched with panels by name: frames/p01.png is panel p01.
# Lines behind a # are examples: take the # away, and put your own in.
version: 1
series: My series
kind: comic                # comic, storyboard or brand
# size: [1024, 768]        # width, height in pixels; a frame of another aspect is drift

style:
  words: flat ink and gouache, warm paper
  # references:            # pictures that show the style: 3 or more tell style from subject
  #   - refs/style/one.png
  avoid: [photorealism, 3D render]

# Colors go in quotes, because YAML takes # for a comment.
# palettes:
#   series:
#     ink: "#1d2433"
#     paper: {color: "#f6ead2", share: 0.3, tolerance: 4}   # share of the picture, largest difference (ΔE00)
#   mara:
#     coat: "#c0392b"
#     hair: "#20202a"
#   night: palettes/night.gpl    # or a palette file: .ase, .gpl, .aco, .hex
# palette: series          # for the whole of every frame: what is none of its colors counts as drift

characters:
  mara:
    look: red coat, black bob, round glasses
    medium: drawn          # or photo, for photographed people only: without a face encoder they stay UNSURE
    # references:          # without pictures a character cannot be recognized, and stays UNSURE
    #   - refs/mara/front.png
    #   - refs/mara/side.png
    # palette: mara
    # wardrobe:            # other outfits; a panel chooses one
    #   winter: {look: white parka, references: [refs/mara/winter.png]}

# Each panel gets a seed made from the base and its id; one of its own goes by its id: {base: 1234, p02: 99}
seeds: {base: 1234}

panels:
  - id: p01
    shot: wide             # extreme_wide, wide, full, medium, close_up, extreme_close_up, insert
    # camera: kitchen_a    # panels with the same camera are the same shot: their colors compare directly
    scene: Mara comes into the kitchen
    structure: one figure left, door right
    characters:
      - {name: mara, place: left}      # or a box: [left, top, right, bottom] as fractions from 0 to 1
    # lettering:           # words that must be in the picture
    #   - {text: "Is anyone here?", place: top, speaker: mara}

  - id: p02
    shot: close_up
    scene: Mara listens
    characters: [mara]

  - id: p03
    shot: insert
    scene: a lantern on the table
    # palette: night       # the palette of this panel alone

# checks:
#   off: [style]           # identity, color, style, rendering, picture, lettering; or one: color.role
#   tolerances:
#     color.role: {accept_below: 6, reject_above: 12}

# generator: {name: previz}
# budget: {usd: 5, attempts: 3}

use: commercial            # commercial or research: which models' licenses fit
"""


def write_starter(folder: str | Path) -> Path:
    """Write a starter manifest into folder, which is made if need be. → its path.

    Raises SeriesError when there is one already: nothing is overwritten.
    """
    folder = Path(folder)
    path = folder / FILE_NAME
    if path.exists() or path.is_symlink():
        raise SeriesError(f"{path}: is there already; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise SeriesError(f"{folder}: is a file, not a folder") from None
    except OSError as error:
        raise SeriesError(f"{folder}: cannot be made: {error.strerror or error}") from error
    write_atomically(path, STARTER)
    return path
