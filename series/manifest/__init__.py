"""The manifest: what a person pins, read from series.yaml and checked."""

from series.manifest.fields import CHECKS, MAX_SEED, composed
from series.manifest.models import (
    Budget,
    CastEntry,
    Character,
    Checks,
    ColorEntry,
    Lettering,
    Limits,
    Manifest,
    Panel,
    Style,
    Wardrobe,
)
from series.manifest.read import VERSION, read_manifest
from series.manifest.schema import manifest_schema

__all__ = [
    "CHECKS",
    "MAX_SEED",
    "VERSION",
    "Budget",
    "CastEntry",
    "Character",
    "Checks",
    "ColorEntry",
    "Lettering",
    "Limits",
    "Manifest",
    "Panel",
    "Style",
    "Wardrobe",
    "composed",
    "manifest_schema",
    "read_manifest",
]
