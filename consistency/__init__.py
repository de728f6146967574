"""Measure how far pictures of one series drift from pinned references.

Observe once (`Observer`), measure (`measure_frame`, `measure_series`, `compare`), judge (`judge`).
Knows no manifest, no provider, no database and no command line: those are `series`.
"""

from consistency import _opencv  # noqa: F401 - first: says what to install where OpenCV does not load
from consistency.batch import Recipe, Request, Unreadable
from consistency.build import build_digest
from consistency.cache import ObservationCache
from consistency.checks import measure_frame, measure_series
from consistency.checks.casting import character_of
from consistency.checks.expected import (
    Expected,
    LookColors,
    PinnedCharacter,
    PinnedWords,
    Sketch,
    look_colors,
    sketch,
)
from consistency.checks.lettering import words_box
from consistency.checks.onstage import OnStage, on_stage
from consistency.checks.style import SERIES_AT_LEAST
from consistency.checks.swatches import mean_shares
from consistency.color import ciede2000, lab_to_srgb, srgb_to_lab
from consistency.color_names import color_name
from consistency.compare import compare
from consistency.encoders import ENCODERS, load_encoders, make_cohort
from consistency.encoders.appearance import BACKGROUND_BOXES
from consistency.encoders.auto import (
    EncoderChoice,
    EncoderNeeds,
    OnHand,
    choose_encoders,
    chosen_name,
    locked_name,
    on_hand,
    pinned_choices,
)
from consistency.encoders.catalogue import Model, catalogue, known_model
from consistency.encoders.encoder import Encoders, Face, FaceEncoder, ImageEncoder, MapEncoder
from consistency.encoders.install import Added, add_model, pull_model
from consistency.encoders.licenses import check_license
from consistency.encoders.models import ModelFiles, find_model, model_folder, on_disk
from consistency.encoders.named import AUTO, MODEL_SETS, NamedEncoders, named_models, parse_encoders
from consistency.errors import (
    ColorError,
    ConsistencyError,
    EncoderError,
    ImageError,
    ModelError,
    ObservationError,
    PaletteError,
    ToleranceError,
)
from consistency.image import Frame, Limits, decode_frame, digest_file, frame_from_array, read_frame
from consistency.judge import Assessment, Finding, Verdict, judge
from consistency.locate import Locator
from consistency.measurement import (
    Box,
    Evidence,
    HeatMap,
    LabeledBox,
    Measurement,
    Result,
    SwatchMatch,
    Unmeasured,
)
from consistency.observation import ColorField, Observation, Proposal, Region, pack, unpack, whole_region
from consistency.observe import Counts, Desk, Observer, Waiting
from consistency.palette import Palette, Swatch
from consistency.palette_files import read_palette
from consistency.peers import (
    Cids,
    cids,
    mean_cids,
    mean_copy_paste,
    occm,
    subject_consistency,
)
from consistency.tolerance import (
    ANY_ENCODER,
    DEFAULT_TOLERANCES,
    Tolerance,
    Tolerances,
    require_tolerances,
)
from consistency.typed_color import parse_color
from consistency.vectors import Gallery, is_centered, knows_photographs

__all__ = [
    "ANY_ENCODER",
    "AUTO",
    "BACKGROUND_BOXES",
    "DEFAULT_TOLERANCES",
    "ENCODERS",
    "MODEL_SETS",
    "SERIES_AT_LEAST",
    "Added",
    "Assessment",
    "Box",
    "Cids",
    "ColorError",
    "ColorField",
    "ConsistencyError",
    "Counts",
    "Desk",
    "EncoderChoice",
    "EncoderError",
    "EncoderNeeds",
    "Encoders",
    "Evidence",
    "Expected",
    "Face",
    "FaceEncoder",
    "Finding",
    "Frame",
    "Gallery",
    "HeatMap",
    "ImageEncoder",
    "ImageError",
    "LabeledBox",
    "Limits",
    "Locator",
    "LookColors",
    "MapEncoder",
    "Measurement",
    "Model",
    "ModelError",
    "ModelFiles",
    "NamedEncoders",
    "Observation",
    "ObservationCache",
    "ObservationError",
    "Observer",
    "OnHand",
    "OnStage",
    "Palette",
    "PaletteError",
    "PinnedCharacter",
    "PinnedWords",
    "Proposal",
    "Recipe",
    "Region",
    "Request",
    "Result",
    "Sketch",
    "Swatch",
    "SwatchMatch",
    "Tolerance",
    "ToleranceError",
    "Tolerances",
    "Unmeasured",
    "Unreadable",
    "Verdict",
    "Waiting",
    "add_model",
    "build_digest",
    "catalogue",
    "character_of",
    "check_license",
    "choose_encoders",
    "chosen_name",
    "cids",
    "ciede2000",
    "color_name",
    "compare",
    "decode_frame",
    "digest_file",
    "find_model",
    "frame_from_array",
    "is_centered",
    "judge",
    "known_model",
    "knows_photographs",
    "lab_to_srgb",
    "load_encoders",
    "locked_name",
    "look_colors",
    "make_cohort",
    "mean_cids",
    "mean_copy_paste",
    "mean_shares",
    "measure_frame",
    "measure_series",
    "model_folder",
    "named_models",
    "occm",
    "on_disk",
    "on_hand",
    "on_stage",
    "pack",
    "parse_color",
    "parse_encoders",
    "pinned_choices",
    "pull_model",
    "read_frame",
    "read_palette",
    "require_tolerances",
    "sketch",
    "srgb_to_lab",
    "subject_consistency",
    "unpack",
    "whole_region",
    "words_box",
]
