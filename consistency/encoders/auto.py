"""What a series needs and what is on this machine in; for each role one encoder out, and why this one.

`choose` is pure: it opens nothing. `on_hand` looks for files and libraries, and reads neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from consistency.encoders.catalogue import catalogue
from consistency.encoders.csd_cohort import csd_id
from consistency.encoders.licenses import Use, refusal
from consistency.encoders.models import model_folder, on_disk
from consistency.encoders.named import LIGHT_MODELS, MODEL_SETS, NONE, NamedEncoders
from consistency.errors import EncoderError


@dataclass(frozen=True, slots=True)
class OnHand:
    """What this machine has."""

    models: frozenset[str] = frozenset()
    """Names of the catalogue whose files are all on disk."""
    libraries: frozenset[str] = frozenset()
    """Packages that can be imported."""
    csd: str = "csd"
    """The id that CSD has here: with its cohort, where it has one."""


@dataclass(frozen=True, slots=True)
class EncoderNeeds:
    """What a series asks of its encoders."""

    use: Use = "commercial"
    photographed: bool = False
    """Someone in it is a photographed person."""
    drawn: bool = True
    """Someone in it is drawn, or a thing: whoever is no photographed person."""
    limited: frozenset[str] = frozenset()
    """Ids of style encoders for which this series has limits."""


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """What was picked for one role, and why."""

    role: str
    """style, subject, faces or maps."""
    what: str
    """What it looks at, in words: "drawn characters"."""
    encoder: str
    """As --encoder takes it; "none" where nothing can do it."""
    reason: str
    passed_over: tuple[str, ...] = ()
    """What would have gone before it, each with the reason."""
    better: str = ""
    """The command that would bring the next better one; empty where there is none."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    encoder: str
    reason: str
    extras: tuple[str, ...]
    libraries: tuple[str, ...]
    models: tuple[str, ...]
    limited: bool = True
    """Limits of it are published, or measured here."""


def _light(reason: str) -> _Candidate:
    return _Candidate("light", reason, ("light",), ("openvino",), LIGHT_MODELS)


def _pack(name: str, *beside: str) -> _Candidate:
    extras = ("face", "light") if beside else ("face",)
    libraries = ("insightface", "onnxruntime", *(("openvino",) if beside else ()))
    reason = "a recognizer of photographed faces"
    return _Candidate(f"insightface:{name}", reason, extras, libraries, (name, *beside))


_MEASURED = "measured better than the built-in descriptors alone"
_STYLE: Final = (
    _Candidate(
        "csd",
        "a net that was trained for style, and the manifest sets its limits",
        ("clip",),
        ("onnx", "onnxruntime", "open_clip", "torch"),
        ("csd",),
        limited=False,
    ),
    _light(_MEASURED),
)
_DRAWN: Final = (
    _Candidate("ccip", "made for drawn characters", ("clip",), ("onnxruntime",), ("ccip",)),
    _light(_MEASURED),
)
_FACES: Final = (
    # Limits are published for buffalo_l itself; the other packs have those of insightface's newer packs.
    _pack("buffalo_l"),
    _pack("antelopev2"),
    _pack("auraface", "yunet"),
    _light("knows photographed faces"),
)
_CLASSICAL: Final = "needs no model file"
_PEOPLE: Final = "photographed people"


def on_hand(folder: Path | None = None) -> OnHand:
    """Look for the files of models and for libraries. folder: as in `model_folder`. Imports no library."""
    place = model_folder(folder)
    models = frozenset(name for name, model in catalogue().items() if on_disk(model, place))
    wanted = {library for one in (*_STYLE, *_DRAWN, *_FACES) for library in one.libraries}
    libraries = frozenset(library for library in wanted if find_spec(library) is not None)
    return OnHand(models, libraries, csd_id(folder) if "csd" in models else "csd")


def choose_encoders(needs: EncoderNeeds, here: OnHand) -> tuple[EncoderChoice, ...]:
    """One choice for style, one for subjects and, where someone is photographed, one for faces.

    The best that the license allows and this machine can run, in a fixed order. Drawn characters: CCIP, else
    light, else classical; never by their faces. Photographed people: a pack of InsightFace, else the faces of
    light. Style: CSD where the series has limits for it, else light, else classical. Where light can run, its
    maps come along. A net for drawn characters is picked only where some are drawn, and where others are
    photographed it does not judge those: see `vectors.knows_photographs`.
    """
    ranked, what = (_DRAWN, "drawn characters") if needs.drawn else (_DRAWN[1:], "characters")
    choices = [_first("style", "style", _STYLE, needs, here), _first("subject", what, ranked, needs, here)]
    if needs.photographed:
        choices.append(_first("faces", _PEOPLE, _FACES, needs, here))
    maps = _light("its maps propose regions, beside colors")
    if not any(choice.encoder == "light" for choice in choices) and not any(_obstacle(maps, needs, here)):
        choices.append(EncoderChoice("maps", "where to look", "light", maps.reason))
    return tuple(choices)


def chosen_name(choices: Iterable[EncoderChoice]) -> NamedEncoders:
    """The choices as a name that `load_encoders` takes."""
    roles = {choice.role: choice.encoder for choice in choices}
    roles.setdefault("faces", NONE)
    base = "light" if "light" in roles.values() else "classical"
    has = {"style": base, "subject": base, "faces": base if base == "light" else NONE, "maps": "light"}
    return NamedEncoders(base, {role: name for role, name in roles.items() if name != has[role]})


def locked_name(locked: Mapping[str, str]) -> NamedEncoders:
    """The name of the encoders of a lock. locked: as `Encoders.locked`. Raises EncoderError for nets that
    someone brought: a lock does not say where they lie."""
    roles = {role: _named(role, one.partition(" ")[0]) for role, one in locked.items() if role != "rendering"}
    base = "light" if "light" in roles.values() else "classical"
    has = {"style": base, "subject": base}
    if base == "light":
        has |= {"faces": base, "maps": base}
        roles = {"faces": NONE, "maps": NONE} | roles
    return NamedEncoders(base, {role: name for role, name in roles.items() if name != has.get(role)})


def pinned_choices(locked: Mapping[str, str], where: str) -> tuple[EncoderChoice, ...]:
    """What a lock pins, told as choices. where: the lock, for the reason."""
    what = {"style": "style", "subject": "characters", "faces": _PEOPLE}
    return tuple(
        EncoderChoice(role, what[role], _named(role, locked[role].partition(" ")[0]), f"pinned by {where}")
        for role in what
        if role in locked
    )


def _first(
    role: str, what: str, ranked: tuple[_Candidate, ...], needs: EncoderNeeds, here: OnHand
) -> EncoderChoice:
    passed: list[str] = []
    missing: set[str] = set()
    better = ""
    for candidate in ranked:
        why, command = _obstacle(candidate, needs, here)
        if not why:
            return EncoderChoice(role, what, candidate.encoder, candidate.reason, tuple(passed), better)
        better = command or better  # the last one is the smallest step from here
        kind = candidate.encoder.partition(":")[0]
        # Nobody wonders about what is not here and may not be used, nor about a second pack that is not.
        if (command and kind not in missing) or here.models.issuperset(candidate.models):
            passed.append(f"{candidate.encoder}: {why}")
            missing |= {kind} if command else set()
    if role == "faces":
        reason = "no encoder that may be used here knows faces: a person has to look at them"
        return EncoderChoice(role, what, NONE, reason, tuple(passed), better)
    return EncoderChoice(role, what, "classical", _CLASSICAL, tuple(passed), better)


def _obstacle(candidate: _Candidate, needs: EncoderNeeds, here: OnHand) -> tuple[str, str]:
    """Why a candidate cannot be taken, and the command that would change it; both empty where it can."""
    for model in candidate.models:
        if why := refusal(model, needs.use):
            return why, ""
    if not candidate.limited and here.csd not in needs.limited:
        return f"nobody published its limits, and the manifest sets none for encoder {here.csd}", ""
    lacking = [library for library in candidate.libraries if library not in here.libraries]
    missing = [model for model in candidate.models if model not in here.models]
    said = [f"{_listed(lacking)} not installed"] if lacking else []
    whole = len(missing) == len(candidate.models) > 1
    said += [f"{'its models are' if whole else _listed(missing)} not on disk"] if missing else []
    commands = [f'pip install "series-consistency[{",".join(candidate.extras)}]"'] if lacking else []
    names = [candidate.encoder] if whole and candidate.encoder in MODEL_SETS else missing
    commands += [f"series models pull {' '.join(names)}"] if missing else []
    return ", ".join(said), " && ".join(commands)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _named(role: str, id_: str) -> str:
    """The name of the set that an encoder of this id comes from."""
    kind, _, rest = id_.partition(".")
    if kind in {"classical", "light"} and rest:
        return kind
    if kind == "insightface" and (family := rest.partition("/")[0]) in catalogue():
        return f"insightface:{family}"
    name = id_.partition("+")[0]
    if name in {"csd", "ccip"} or (name.startswith("open_clip:") and "/" in name):
        return name
    raise EncoderError(
        f"the lock's encoder of {role}, {id_}, has nets that somebody brought, and a lock does not say where "
        f"they lie: name it, --encoder {role}=…:PATH"
    )
