"""The manifest's JSON Schema: for editors that complete and check while someone types."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from series.manifest.models import Manifest


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a manifest, with a description of every key."""
    schema = Manifest.model_json_schema(mode="validation")
    described: dict[str, Any] = _tidy(schema)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:series-consistency:manifest:1",
        **described,
        "title": "Series manifest",
    }


def _tidy(value: Any) -> Any:  # noqa: ANN401 - any JSON in, JSON out
    """Descriptions on one line, and no null beside what a key may hold: nobody types it."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {key: _tidy(inner) for key, inner in value.items() if (key, inner) != ("default", None)}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    forms = [form for form in tidy.pop("anyOf", []) if form != {"type": "null"}]
    if len(forms) == 1:
        return {**forms[0], **tidy}
    return {"anyOf": forms, **tidy} if forms else tidy
