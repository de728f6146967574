"""The manifest: what a person pins, read from series.yaml and checked."""

from series.manifest.fields import MAX_SEED, composed
from series.manifest.models import (
    CastEntry,
    Character,
    Lettering,
    Manifest,
    Panel,
)
from series.manifest.read import read_manifest
from series.manifest.schema import manifest_schema

__all__ = [
    "MAX_SEED",
    "CastEntry",
    "Character",
    "Lettering",
    "Manifest",
    "Panel",
    "composed",
    "manifest_schema",
    "read_manifest",
]
