"""Names of models and the use that is made of them in; nothing out, or an error that names another way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from consistency.encoders.catalogue import Model, catalogue
from consistency.errors import ModelError

Use = Literal["commercial", "research"]

UNLISTED = "not in the catalogue: license unknown"
"""The license text of a net that someone brought along."""


def license_of(name: str) -> str:
    """The license of a model, for locks and reports. name: of the catalogue, or of any net."""
    model = catalogue().get(name)
    return UNLISTED if model is None else model.license


def check_license(models: Iterable[str], use: Use) -> None:
    """Raise ModelError where a model's license does not fit the use, naming what can be used instead.

    models: names of the catalogue; others are nets whose license nobody here knows. Research use fits all:
    what else a license asks for is between its publisher and the user.
    """
    if use != "commercial":
        return
    for name in models:
        model = catalogue().get(name)
        if model is None:
            raise ModelError(
                f"model {name} is not in the catalogue, so nobody here knows whether its license allows "
                f"commercial use, which this series says it is for; take one from `series models`"
            )
        if model.commercial == "no":
            raise ModelError(
                f"model {name} may not be used commercially (its license: {model.license}), which this "
                f"series says it is for; {_instead(model)}"
            )
        if model.commercial == "unknown":
            raise ModelError(
                f"model {name}: it is not known whether its license ({model.license}) allows commercial use, "
                f"which this series says it is for; {_instead(model)}"
            )


def _instead(model: Model) -> str:
    same = [
        f"{other.name} ({other.license})"
        for other in catalogue().values()
        if other.task == model.task and other.commercial == "yes"
    ]
    known = f"take {' or '.join(same)} instead" if same else "take the built-in encoders, which need no model"
    return f"{known}, or set `use: research` in the manifest if that is what it is"
