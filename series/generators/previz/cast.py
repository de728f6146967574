"""A manifest's `generator:` and its characters in; an error for a simulated cast of strangers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from series.errors import GeneratorError
from series.generators.options import instead, shown


def check_cast(options: Mapping[str, JsonValue], characters: Collection[str]) -> None:
    """Raises GeneratorError, one line a name in `drift.cast` that no character of the manifest has."""
    drift = options.get("drift")
    cast = drift.get("cast") if isinstance(drift, dict) else None
    unknown = [name for name in cast if name not in characters] if isinstance(cast, dict) else []
    if unknown:
        raise GeneratorError(
            "\n".join(
                f"generator.drift.cast.{name}: the manifest has no character {shown(name)}"
                f"{instead(name, characters)}"
                for name in unknown
            )
        )
