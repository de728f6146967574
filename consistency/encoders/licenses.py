"""Names of models and the use that is made of them in; nothing out, or an error that names another way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from consistency.encoders.catalogue import Model, catalogue
from consistency.errors import ModelError

Use = Literal["commercial", "research"]

UNLISTED = "not in the catalogue: license unknown"
"""The license text of a net that someone brought along."""
_ALLOWS = "allows commercial use, which this series says it is for"


def license_of(name: str) -> str:
    """The license of a model, for locks and reports. name: of the catalogue, or of any net."""
    model = catalogue().get(name)
    return UNLISTED if model is None else model.license


def refusal(name: str, use: Use) -> str:
    """Why a model may not be put to this use; empty where it may.

    name: of the catalogue; others are nets whose license nobody here knows. Research use fits all: what else
    a license asks for is between its publisher and the user.
    """
    if use != "commercial":
        return ""
    model = catalogue().get(name)
    if model is None:
        return f"not in the catalogue, so nobody here knows whether its license {_ALLOWS}"
    if model.commercial == "no":
        return f"its license ({model.license}) forbids commercial use, which this series says it is for"
    if model.commercial == "unknown":
        return f"it is not known whether its license ({model.license}) {_ALLOWS}"
    return ""


def check_license(models: Iterable[str], use: Use) -> None:
    """Raise ModelError where a model's license does not fit the use, naming what can be used instead. models:
    as in `refusal`."""
    for name in models:
        if why := refusal(name, use):
            model = catalogue().get(name)
            instead = "take one from `series models`" if model is None else _instead(model)
            raise ModelError(f"model {name}: {why}; {instead}")


def _instead(model: Model) -> str:
    same = [
        f"{other.name} ({other.license})"
        for other in catalogue().values()
        if other.task == model.task and other.commercial == "yes"
    ]
    known = f"take {' or '.join(same)} instead" if same else "take the built-in encoders, which need no model"
    return f"{known}, or set `use: research` in the manifest if that is what it is"
