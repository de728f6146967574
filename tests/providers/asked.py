"""Requests as a run makes them, small: for adapters that are driven directly."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from consistency import Box
from series.request import EditOf, GenerationRequest, Identity, Reference, Role, Structure, StyleWords

SIZE = (128, 96)


def request(**changes: object) -> GenerationRequest:
    """Mara lights a lamp; without references."""
    mara = Identity("mara", "a girl of eight, red beret", "drawn", "", (), None)
    made = GenerationRequest(
        panel="p01",
        structure=Structure("Mara lights a lamp", "", "wide", "", SIZE),
        copy=(),
        style=StyleWords("ink", ("photo",)),
        identities=(mara,),
        absent=("tib",),
        palette=(),
        references=(),
        seed=7,
    )
    return replace(made, **changes)


def picture(file: Path, color: tuple[int, int, int] = (200, 180, 40), size: tuple[int, int] = SIZE) -> Path:
    """A file of one color."""
    cv2.imwrite(str(file), np.full((size[1], size[0], 3), color[::-1], np.uint8))
    return file


def reference(file: Path, role: Role = Role.CHARACTER, subject: str = "mara") -> Reference:
    return Reference(role, subject, hashlib.sha256(file.read_bytes()).hexdigest(), file)


def edit(base: Path, mask: Box | None = None) -> EditOf:
    return EditOf(hashlib.sha256(base.read_bytes()).hexdigest(), base, "1" * 64, mask=mask)
