"""A manifest and what a person says about encoders in; the encoders out, allowed and found, and why these.

Licenses come first: what a series may not use is neither asked for nor opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from consistency import (
    ANY_ENCODER,
    AUTO,
    ConsistencyError,
    EncoderChoice,
    EncoderNeeds,
    Encoders,
    ModelError,
    NamedEncoders,
    Tolerances,
    catalogue,
    check_license,
    choose_encoders,
    chosen_name,
    load_encoders,
    locked_name,
    model_folder,
    named_models,
    on_disk,
    on_hand,
    parse_encoders,
    pinned_choices,
)
from series.errors import LockError
from series.files import write_atomically
from series.lock import read_lock
from series.locked import lock_path
from series.manifest import Character, Manifest
from series.plan import FrameOrder
from series.tolerances import style_checks

Use = Literal["commercial", "research"]

SEEN_BY = "encoders.json"
"""In a run's folder: role → encoder, and why each was picked."""


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What a person says on the command line."""

    name: str = AUTO
    """As `load_encoders` takes it, or auto, alone or with roles: "auto,subject=ccip:PATH"."""
    models: Path | None = None
    """Where models lie; None is SERIES_MODELS, else the user's data folder."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Encoders that are there."""

    encoders: Encoders
    choices: tuple[EncoderChoice, ...] = ()
    """Why these; empty for what a person named."""


def load_for(
    manifest: Manifest,
    orders: Sequence[FrameOrder],
    tolerances: Tolerances,
    options: EncoderOptions,
    *,
    ignore_lock: bool = False,
    run: Path | None = None,
) -> Chosen:
    """The encoders of a series. auto comes to those of its lock, else to those of the run that it goes on
    with. run: folder of a run, made or not.

    Raises ModelError for a model that the series may not use or that is not there, EncoderError for a name
    that is none or a library that is missing, LockError where what is locked, or what the run took, cannot be
    loaded; then `ignore_lock` chooses anew.
    """
    if parse_encoders(options.name).base == AUTO:
        try:
            pinned = _pinned(manifest, run, options)
        except LockError:
            if not ignore_lock:
                raise
            pinned = None
        if pinned is not None:
            return pinned
    return load_anew(manifest, orders, tolerances, options)


def keep_seen_by(run: Path, chosen: Chosen) -> None:
    """Write into a run's folder what its pictures are looked at by, and why. A model that is installed
    meanwhile would judge them otherwise, and ask anew for what was accepted and paid for."""
    choices = [asdict(choice) for choice in chosen.choices]
    data = {"encoders": dict(sorted(chosen.encoders.locked.items())), "choices": choices}
    write_atomically(run / SEEN_BY, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def load_anew(
    manifest: Manifest, orders: Sequence[FrameOrder], tolerances: Tolerances, options: EncoderOptions
) -> Chosen:
    """The same, whatever the lock says: for writing one."""
    named = parse_encoders(options.name)
    if named.base != AUTO:
        return Chosen(_load(str(named), manifest.use, options))
    needs = needs_of(manifest, orders, tolerances)
    return _by_choices(choose_encoders(needs, on_hand(options.models)), named, manifest.use, options)


def load_for_pictures(options: EncoderOptions, *, photographed: bool = False) -> Chosen:
    """For pictures without a manifest: auto takes what may be used commercially, and no faces unless somebody
    says that people are photographed."""
    named = parse_encoders(options.name)
    if named.base != AUTO:
        return Chosen(load_encoders(str(named), folder=options.models))
    needs = EncoderNeeds(photographed=photographed, drawn=not photographed)
    return _by_choices(choose_encoders(needs, on_hand(options.models)), named, "commercial", options)


def needs_of(manifest: Manifest, orders: Sequence[FrameOrder], tolerances: Tolerances) -> EncoderNeeds:
    """What a series asks of its encoders."""
    media = {one.medium for one in manifest.characters.values() if _has_references(one)}
    return EncoderNeeds(
        use=manifest.use,
        photographed="photo" in media,
        drawn="drawn" in media,
        limited=_limited(style_checks(manifest, orders), tolerances),
    )


def _limited(checks: Sequence[str], tolerances: Tolerances) -> frozenset[str]:
    """Ids of encoders that have limits for all these checks. What holds for any encoder does not count: it
    was set for another one."""
    by_check = [
        {encoder for check, encoder, *_ in tolerances if check == one and encoder != ANY_ENCODER}
        for one in checks
    ]
    return frozenset(set.intersection(*by_check)) if by_check else frozenset()


def _has_references(character: Character) -> bool:
    return bool(character.references) or any(one.references for one in character.wardrobe.values())


def _by_choices(
    choices: tuple[EncoderChoice, ...], named: NamedEncoders, use: Use, options: EncoderOptions
) -> Chosen:
    left = tuple(choice for choice in choices if choice.role not in named.roles)
    return Chosen(_load(_over(chosen_name(choices), named.roles), use, options), left)


def _pinned(manifest: Manifest, run: Path | None, options: EncoderOptions) -> Chosen | None:
    path = lock_path(manifest)
    if path.exists():
        anew = f"or choose anew from what is here: series lock {manifest.path}"
        return _as_pinned(path, read_lock(path).encoders, manifest.use, options, anew)
    if run is None or not (seen := _seen_by(run)).encoders:
        return None
    anew = "or name others, which may judge its pictures otherwise: --encoder classical"
    found = _as_pinned(run / SEEN_BY, seen.encoders, manifest.use, options, anew)
    roles = parse_encoders(options.name).roles
    why = tuple(one for one in seen.choices if one.role not in roles)
    return replace(found, choices=why) if why else found


def _as_pinned(path: Path, locked: Mapping[str, str], use: Use, options: EncoderOptions, anew: str) -> Chosen:
    roles = parse_encoders(options.name).roles
    left = {role: one for role, one in locked.items() if role not in roles}
    try:
        encoders = _load(_over(locked_name(left), roles), use, options)
        return Chosen(encoders, pinned_choices(left, path.name))
    except ConsistencyError as error:
        raise LockError(f"{path} pins encoders that cannot be loaded: {error}; {anew}") from error


@dataclass(frozen=True, slots=True)
class _SeenBy:
    """What a run's folder says."""

    encoders: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[EncoderChoice, ...] = ()


def _seen_by(run: Path) -> _SeenBy:
    """Nothing without a run before, and for a file that cannot be read."""
    try:
        data = json.loads((run / SEEN_BY).read_text("utf-8"))
        choices = tuple(
            EncoderChoice(**{**one, "passed_over": tuple(map(str, one["passed_over"]))})
            for one in data["choices"]
        )
        return _SeenBy({str(role): str(one) for role, one in data["encoders"].items()}, choices)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return _SeenBy()


def _over(named: NamedEncoders, roles: Mapping[str, str]) -> str:
    return str(NamedEncoders(named.base, {**named.roles, **roles}))


def _load(name: str, use: Use, options: EncoderOptions) -> Encoders:
    models = named_models(name)
    check_license(models, use)
    try:
        encoders = load_encoders(name, folder=options.models)
    except ModelError as error:
        raise _all_missing(models, options.models) or error from error
    check_license(encoders.model_names, use)
    return encoders


def _all_missing(models: Sequence[str], folder: Path | None) -> ModelError | None:
    """One error for several models that are not there: else each is told after the other was brought."""
    place = model_folder(folder)
    known = [catalogue()[model] for model in models if model in catalogue()]
    missing = [model.name for model in known if not on_disk(model, place)]
    if len(missing) < 2:
        return None
    return ModelError(
        f"models {', '.join(missing)} are not on this disk (looked in {place}): get them with "
        f"`series models pull {' '.join(missing)}`, or take copies that you have with "
        f"`series models add NAME PATH`"
    )
