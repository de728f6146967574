"""A mapping of the manifest and a model of its options in, typed options out; every mistake with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from series.errors import GeneratorError
from series.generators.options import instead, shown


class Options(BaseModel):
    """Base of typed options: frozen, strict, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


_Read = TypeVar("_Read", bound=Options)


def read_options(model: type[_Read], options: Mapping[str, JsonValue], at: str = "generator") -> _Read:
    """The options, checked. at: the key that holds them. Raises GeneratorError, one line a problem, each with
    its manifest key; an unknown key with the nearest known one."""
    try:
        return model.model_validate_json(_json(options))
    except ValidationError as error:
        lines = dict.fromkeys(_line(model, at, one) for one in error.errors(include_url=False))
        raise GeneratorError("\n".join(lines)) from None


def _json(options: Mapping[str, JsonValue]) -> str:
    # As JSON, so that strict types still take a list for a tuple.
    import json

    return json.dumps(dict(options))


def _line(model: type[Options], at: str, details: ErrorDetails) -> str:
    path = [str(key) for key in details["loc"] if key != "[key]"]
    where = ".".join((at, *path))
    value: Any = details["input"]
    if details["type"] == "extra_forbidden":
        known = _holder(model, path[:-1])
        return f"{where}: there is no such option{instead(path[-1], known)}"
    if details["type"] == "missing":
        return f"{where} is missing: {_doc(model, path)}"
    if details["type"] == "value_error":
        return f"{where}: {details['ctx']['error']}"
    return f"{where}: {details['msg'][0].lower()}{details['msg'][1:]}, not {shown(value)}"


def _holder(model: type[Options], path: list[str]) -> tuple[str, ...]:
    """The options known at a place."""
    found = _model_at(model, path)
    return tuple(found.model_fields) if found is not None else ()


def _doc(model: type[Options], path: list[str]) -> str:
    found = _model_at(model, path[:-1])
    info = found.model_fields.get(path[-1]) if found is not None else None
    said = " ".join((info.description or "").split()) if info is not None else ""
    return said or "it must be given"


def _model_at(model: type[Options], path: list[str]) -> type[Options] | None:
    found: type[Options] | None = model
    for key in path:
        if found is None:
            return None
        if key.isdigit():
            continue
        info = found.model_fields.get(key)
        found = _options_in(info.annotation) if info is not None else None
    return found


def _options_in(annotation: object) -> type[Options] | None:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return annotation
    inner = (_options_in(one) for one in get_args(annotation))
    return next((one for one in inner if one is not None), None)
