"""The manifest's `generator:` in, all generators that it names out: one, its fallbacks, auto's candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import JsonValue

from series.errors import GeneratorError
from series.generators import DEFAULT, NAME, known_generators, load_generator
from series.generators.catalogue import ImageModel, Provider, catalogue
from series.generators.choose import AUTO, Candidate
from series.generators.configured import lacking
from series.generators.generator import Generator
from series.generators.options import flag_option, no_others, shown

FALLBACK, AMONG, DRAFTS = "fallback", "among", "drafts"
"""Keys of `generator:` that no generator sees: who is next, whom auto may choose, whether it makes drafts."""
UNKNOWN = "no generator "
"""How a message about a name that nobody has begins: it names no key."""
_OPTION = ("generator.", "generator:", "generator[")
"""How a message about an option begins."""
ANY = "any"
"""The row of a provider whose models are whatever somebody has on a disk."""

Options = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A generator that a manifest names."""

    generator: Generator
    account: str
    """Generators with the same one share its limits and its faults: the provider's name, and the address
    where the manifest gives one."""
    model: ImageModel | None
    """Its row in models.toml; None where there is none."""
    lacks: str = ""
    """Why auto cannot ask it, as the next step; empty when it can."""

    @property
    def name(self) -> str:
        """The generator's."""
        return self.generator.name

    @property
    def candidate(self) -> Candidate:
        """As `choose` takes it."""
        return Candidate(self.name, self.generator.abilities, self.model, not self.lacks)


@dataclass(frozen=True, slots=True)
class Several:
    """The generators of a manifest."""

    loaded: tuple[Loaded, ...]
    """In the manifest's order. At least one."""
    auto: bool = False
    """One is chosen for each panel."""
    drafts: bool = False
    notes: tuple[str, ...] = ()
    """What auto had to leave out, and why; models that are served no more."""


def load_several(
    options: Options,
    *,
    folder: Path,
    out: Path,
    today: date,
    name: str | None = None,
    drafts: bool = False,
    asking: bool = True,
) -> Several:
    """Make every generator that the manifest names. name: the one to use in place of all, with the options
    that the manifest has for it anywhere. drafts: what holds for auto where the manifest does not say.
    asking: False where nothing will be asked for. Auto makes those too that lack a key: earlier runs may have
    asked them. Raises GeneratorError for what cannot be used, and for auto when it cannot ask anybody."""
    named = _entries(options)
    if name is not None and name != AUTO:
        alone: dict[str, JsonValue] = {NAME: name}
        own = next((one for one in named if one[NAME] == name), alone)
        return Several((_load(own, folder, out),))
    if name == AUTO or named[0][NAME] == AUTO:
        several = _auto(options, folder, out, today, drafts=drafts)
        return _with_somebody(several, asking=asking)
    first, *others = named
    fallbacks = [
        _load(one, folder, out, f"generator.{FALLBACK}[{index}]") for index, one in enumerate(others)
    ]
    loaded = _each_once((_load(first, folder, out), *fallbacks))
    ended = [one for one in loaded if one.model is not None and one.model.ended(today)]
    notes = tuple(f"{one.name} ended on {one.model.ends}" for one in ended if one.model is not None)
    return Several(loaded, notes=notes)


def _entries(options: Options) -> tuple[dict[str, JsonValue], ...]:
    """Options of the generator and of those after it, each with its name."""
    main = {key: value for key, value in options.items() if key not in {FALLBACK, AMONG}}
    main.setdefault(NAME, DEFAULT)
    if main[NAME] == AUTO:
        if FALLBACK in options:
            raise GeneratorError(f"generator.{FALLBACK}: auto falls back by itself: list them under {AMONG}")
        return (main, *_listed(options, AMONG))
    if AMONG in options:
        raise GeneratorError(f"generator.{AMONG}: is for the generator {AUTO}; {FALLBACK} says who is next")
    return (main, *_listed(options, FALLBACK))


def _listed(options: Options, key: str) -> tuple[dict[str, JsonValue], ...]:
    if key not in options:
        return ()
    value = options[key]
    if not isinstance(value, list) or not value:
        raise GeneratorError(f"generator.{key}: a list of generators is wanted here, not {shown(value)}")
    return tuple(_entry(one, f"generator.{key}[{index}]") for index, one in enumerate(value))


def _entry(value: JsonValue, at: str) -> dict[str, JsonValue]:
    entry: dict[str, JsonValue] = {NAME: value} if isinstance(value, str) else {}
    if isinstance(value, dict):
        entry = dict(value)
    if not isinstance(entry.get(NAME), str):
        raise GeneratorError(f"{at}: a name, or a mapping with a name, is wanted here, not {shown(value)}")
    for key in (FALLBACK, AMONG, DRAFTS):
        if key in entry:
            raise GeneratorError(f"{at}.{key}: stands once, in generator itself")
    if entry[NAME] == AUTO:
        raise GeneratorError(f"{at}: {AUTO} cannot stand in a list")
    return entry


# --- auto -----------------------------------------------------------------------------------------------


def _auto(options: Options, folder: Path, out: Path, today: date, *, drafts: bool) -> Several:
    if options.get(NAME) == AUTO:
        no_others(options, (NAME, AMONG, DRAFTS))
        wanted, drafts = _listed(options, AMONG), flag_option(options, DRAFTS, drafts)
    else:
        wanted = ()
    providers = catalogue().providers
    loaded: list[Loaded] = []
    notes: list[str] = []
    for index, entry in enumerate(wanted or _hosted()):
        provider = providers.get(str(entry[NAME]))
        lacks = ", ".join(lacking(provider)) if provider is not None else ""
        at = f"generator.{AMONG}[{index}]" if wanted else "generator"
        whole = _load(entry, folder, out, at)  # complains about wrong options before any model is left out
        found, left_out = _models(entry, provider, folder, out, today)
        loaded += [replace(one, lacks=one.lacks or lacks) for one in found or [whole]]
        notes += [f"{entry[NAME]}: {lacks}"] if lacks else left_out
    return Several(_distinct(tuple(loaded)), auto=True, drafts=drafts, notes=tuple(notes))


def _with_somebody(several: Several, *, asking: bool) -> Several:
    if any(not one.lacks for one in several.loaded):
        return several
    if not asking:
        return replace(several, loaded=tuple(replace(one, lacks="") for one in several.loaded))
    steps = "\n".join(f"  {note}" for note in several.notes)
    raise GeneratorError(f"generator: {AUTO} has nothing to choose from; configure one of these:\n{steps}")


def _hosted() -> tuple[dict[str, JsonValue], ...]:
    """Providers that take a key: whether a server on this machine is meant, only a person can say."""
    known = known_generators()
    return tuple({NAME: name} for name, one in catalogue().providers.items() if one.secrets and name in known)


def _models(
    entry: dict[str, JsonValue], provider: Provider | None, folder: Path, out: Path, today: date
) -> tuple[list[Loaded], list[str]]:
    """A generator for each model of the provider, and what is said of those that are not served; none where
    the entry itself says what to use."""
    rows = catalogue().of(provider.name) if provider is not None and provider.default else ()
    if not rows or "model" in entry or "base_url" in entry:
        return [], []
    loaded: list[Loaded] = []
    left_out: list[str] = []
    for row in rows:
        ended = f"ended on {row.ends}" if row.ended(today) else ""
        try:
            loaded.append(replace(_load({**entry, "model": row.name}, folder, out), lacks=ended))
        except GeneratorError as error:  # it wants other options: Vertex only ...
            ended = ended or str(error)
        if ended:
            left_out.append(f"{row.provider}:{row.name}: {ended}")
    return loaded, left_out


# --- one ------------------------------------------------------------------------------------------------


def _load(entry: dict[str, JsonValue], folder: Path, out: Path, at: str = "generator") -> Loaded:
    """at: the entry's place in the manifest, for messages."""
    try:
        generator = load_generator(entry, folder=folder, out=out)
    except GeneratorError as error:
        lines = str(error).splitlines()
        raise GeneratorError("\n".join(_at(one, at) for one in lines)) from None
    address = entry.get("base_url") or entry.get("url")
    account = f"{entry[NAME]} at {address}" if isinstance(address, str) else str(entry[NAME])
    return Loaded(generator, account, _row(generator.name, entry))


def _at(line: str, at: str) -> str:
    """A line about a generator that stands elsewhere than in `generator:` itself, with that place."""
    if line.startswith(UNKNOWN) and at != "generator":
        return f"{at}: {line}"
    return at + line.removeprefix("generator") if line.startswith(_OPTION) else line


def _row(name: str, entry: dict[str, JsonValue]) -> ImageModel | None:
    provider, _, model = name.partition(":")
    rows = catalogue().models
    return rows.get(f"{provider}/{model}") or rows.get(f"{entry[NAME]}/{ANY}")


def _each_once(loaded: tuple[Loaded, ...]) -> tuple[Loaded, ...]:
    """As they are. Raises GeneratorError for one that stands before it already."""
    found: list[str] = []
    for index, one in enumerate(loaded):
        if one.name in found:
            raise GeneratorError(
                f"generator.{FALLBACK}[{index - 1}]: {one.name} stands before it already: it would be asked "
                f"for the very same"
            )
        found.append(one.name)
    return loaded


def _distinct(loaded: tuple[Loaded, ...]) -> tuple[Loaded, ...]:
    """Each name once, where it stands first: a second one would be asked for the very same."""
    found: dict[str, Loaded] = {}
    for one in loaded:
        found.setdefault(one.generator.name, one)
    return tuple(found.values())
