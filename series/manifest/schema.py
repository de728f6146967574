"""The manifest's JSON Schema: for editors that complete and check while someone types."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from series.manifest.models import Manifest


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a manifest, with a description of every key."""
    schema = Manifest.model_json_schema(mode="validation")
    described: dict[str, Any] = _one_line(schema)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:series-consistency:manifest:1",
        **described,
        "title": "Series manifest",
    }


def _one_line(value: Any) -> Any:  # noqa: ANN401 - any JSON in, the same JSON out
    """Descriptions come from docstrings, which are broken for the source file."""
    if isinstance(value, dict):
        return {
            key: " ".join(inner.split())
            if key == "description" and isinstance(inner, str)
            else _one_line(inner)
            for key, inner in value.items()
        }
    return [_one_line(item) for item in value] if isinstance(value, list) else value
