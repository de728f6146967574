"""Importing the packages is cheap: no model runtime, SDK or web framework comes along."""

from __future__ import annotations

import subprocess
import sys

HEAVY = [
    *("torch", "torchvision", "open_clip", "onnx", "onnxruntime", "openvino", "insightface", "rapidocr"),
    *("diffusers", "transformers", "openai", "google.genai", "fastapi", "dask", "ray", "sqlalchemy"),
    *("scipy", "networkx"),
]


def test_importing_both_packages_loads_nothing_heavy() -> None:
    code = f"import sys, consistency, series, series.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_consistency_works_without_series() -> None:
    code = (
        "import sys, consistency; print([m for m in sys.modules if m == 'series' or m.startswith('series.')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
