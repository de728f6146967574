"""What a person pins, as they type it: the models of the manifest. Field docs become the JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from consistency import Palette, Swatch, Tolerance, ToleranceError, parse_color, read_palette
from series.manifest.document import Document, shown
from series.manifest.fields import (
    CharacterName,
    CheckName,
    Color,
    FigurePlace,
    Label,
    LetteringPlace,
    MeasuredName,
    Name,
    Number,
    PaletteName,
    PanelId,
    Seed,
    SeedName,
    Shot,
    Size,
    Whole,
    Words,
)
from series.manifest.paths import FilePath, PaletteFile
from series.manifest.validation import ShortForm, instead, some, surroundings, wrong


class Part(BaseModel):
    """Base of every mapping in a manifest: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    called: ClassVar[str] = ""
    """What messages call it: "a panel"."""

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """The keys that may stand in it, as typed."""
        return tuple(info.alias or name for name, info in cls.model_fields.items())

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, data: object) -> object:
        """A key with nothing behind it remains when its lines are commented out: as if it were absent."""
        if not isinstance(data, dict):
            return data
        optional = {info.alias or name for name, info in cls.model_fields.items() if not info.is_required()}
        return {key: value for key, value in data.items() if value is not None or key not in optional}


class ColorEntry(Part):
    """One named color of a palette."""

    called = "a color"
    color: Color
    """Any notation that is read as a color: "#1d2433", "rgb(29, 36, 51)" ..."""
    role: Name | None = None
    """What wears this color, where the name does not say it: "coat"."""
    share: Number | None = Field(default=None, ge=0, le=1)
    """Share of the picture (or of the character) that this color takes up."""
    tolerance: Number | None = Field(default=None, gt=0)
    """ΔE00 within which a color of a frame counts as this one."""


def _kind_of_palette(value: object) -> str:
    return "<colors>" if isinstance(value, dict | list) else "<name>"


# The tags are written <so>, because they turn up in the places of errors and must not look like keys.
Colors = Annotated[
    Mapping[Name, Annotated[ColorEntry, ShortForm("color", "The color alone.")]],
    BeforeValidator(some),
    Field(json_schema_extra={"minProperties": 1}),
]
PaletteEntry = Annotated[
    Annotated[PaletteFile, Tag("<name>"), Field(description="A palette file: .ase, .gpl, .aco or .hex.")]
    | Annotated[Colors, Tag("<colors>"), Field(description="Named colors.")],
    Discriminator(_kind_of_palette),
]
PaletteUse = Annotated[
    Annotated[PaletteName, Tag("<name>"), Field(description="A name under palettes.")]
    | Annotated[Colors, Tag("<colors>"), Field(description="Named colors, for this place only.")],
    Discriminator(_kind_of_palette),
]


class Style(Part):
    """How every picture of the series is made."""

    called = "style"
    words: Words | None = None
    """The style in words: medium, line, light."""
    references: tuple[FilePath, ...] = ()
    """Pictures that show the style; frames are measured against them."""
    avoid: tuple[Words, ...] = ()
    """What no picture may look like."""


class Wardrobe(Part):
    """Another outfit of a character. What it leaves out stays as the character has it."""

    called = "a wardrobe entry"
    look: Words | None = None
    """The look in words, in place of the character's."""
    references: tuple[FilePath, ...] = ()
    """Pictures of this outfit, in place of the character's."""
    palette: PaletteUse | None = None
    """The colors of this outfit, in place of the character's."""


class Character(Part):
    """Someone (or something) who must look the same in every panel."""

    called = "a character"
    look: Words | None = None
    """The look in words: hair, clothes, marks."""
    medium: Literal["drawn", "photo"] = "drawn"
    """photo is for photographed people: only a face encoder can tell them apart, so without one they are
    UNSURE. Leave it out for products and animals, photographed too."""
    references: tuple[FilePath, ...] = ()
    """Pictures of the character; frames are measured against them."""
    palette: PaletteUse | None = None
    """The character's own colors."""
    wardrobe: Mapping[Label, Wardrobe] = Field(default_factory=dict)
    """Other outfits by name; a panel chooses one with `wardrobe`."""


class CastEntry(Part):
    """A character in a panel."""

    called = "a panel's character"
    name: CharacterName
    """A name under characters."""
    wardrobe: str | None = None
    """One of the character's outfits; the main look when left out."""
    place: FigurePlace | None = None
    """Where in the picture: a word, or [left, top, right, bottom] as fractions from 0 to 1."""

    @field_validator("wardrobe")
    @classmethod
    def _wardrobe_exists(cls, wardrobe: str | None, info: ValidationInfo) -> str | None:
        around, name = surroundings(info), info.data.get("name")
        if around is None or name is None or wardrobe is None or wardrobe in around.characters[name]:
            return wardrobe
        known = around.characters[name]
        having = instead(wardrobe, known) if known else f"; {shown(name)} has none"
        raise wrong(f"unknown wardrobe {shown(wardrobe)} of {shown(name)}{having}")


class Lettering(Part):
    """Words in a picture: a balloon, a caption, a sign."""

    called = "lettering"
    text: Words
    """The words as they must read."""
    place: LetteringPlace | None = None
    """Where in the picture: a word, or [left, top, right, bottom] as fractions from 0 to 1."""
    speaker: Name | None = None
    """Who says it: a character, or anyone out of the picture."""


class Panel(Part):
    """One picture of the series."""

    called = "a panel"
    id: PanelId
    """Also the stem of its frame's file: p01 for p01.png."""
    shot: Shot | None = None
    """How close the camera is."""
    camera: Name | None = None
    """Panels with the same camera are the same shot, so their colors are compared directly."""
    scene: Words | None = None
    """What happens."""
    structure: Words | None = None
    """How the picture is built: who stands where, what is in front."""
    characters: tuple[
        Annotated[CastEntry, ShortForm("name", "The name alone, in the main look, anywhere.")], ...
    ] = ()
    """Who is in the picture. Anyone else in it is drift."""
    lettering: tuple[Annotated[Lettering, ShortForm("text", "The words alone.")], ...] = ()
    """The words in the picture."""
    palette: PaletteUse | None = None
    """The colors of this panel."""

    @field_validator("characters")
    @classmethod
    def _each_once(cls, characters: tuple[CastEntry, ...]) -> tuple[CastEntry, ...]:
        names = [entry.name for entry in characters]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise wrong(f"{shown(twice)} is in this panel twice")
        return characters


class Limits(Part):
    """The band of one check."""

    called = "a tolerance"
    accept_below: Number = Field(ge=0)
    """Distances up to this are consistent."""
    reject_above: Number = Field(ge=0)
    """Distances over this are drift; between the two a person decides."""
    too_close: Number | None = Field(default=None, ge=0)
    """Distances under this are drift too: the frame copies a reference."""
    encoder: Name | None = None
    """The encoder whose distances these are, as reports name it ("csd"); left out: whichever measures."""

    @model_validator(mode="after")
    def _in_order(self) -> Limits:
        self.tolerance("")
        return self

    def tolerance(self, source: str) -> Tolerance:
        """As the judge takes it."""
        try:
            return Tolerance(self.accept_below, self.reject_above, source, self.too_close)
        except ToleranceError as error:
            raise wrong(str(error)) from None


class Checks(Part):
    """Which checks are made, and how strictly."""

    called = "checks"
    off: tuple[CheckName, ...] = ()
    """Checks that are not made: a kind (color) or one measurement of it (color.role)."""
    tolerances: Mapping[MeasuredName, Limits] = Field(default_factory=dict)
    """Limits in place of the built-in ones, by the name of the check."""


class Budget(Part):
    """What generating may cost."""

    called = "budget"
    usd: Number | None = Field(default=None, ge=0)
    """US dollars for the whole series."""
    attempts: Whole | None = Field(default=None, ge=1)
    """Pictures made for one panel at most."""


class Manifest(Part):
    """A series: what must stay the same from picture to picture."""

    called = "the manifest"
    version: Literal[1]
    """Version of this format."""
    series: Name
    """Title of the series."""
    kind: Literal["comic", "storyboard", "brand"] = "comic"
    """What the pictures are for."""
    size: Size | None = None
    """[width, height] in pixels; a frame of another aspect is drift."""
    style: Style = Field(default_factory=Style)
    """How every picture is made."""
    palettes: Mapping[Label, PaletteEntry] = Field(default_factory=dict)
    """Palettes by name: named colors, or a palette file."""
    series_palette: PaletteUse | None = Field(default=None, alias="palette")
    """The colors of the whole series: a name under palettes, or named colors."""
    characters: Mapping[Label, Character] = Field(default_factory=dict)
    """Who must look the same in every panel, by name."""
    seeds: Mapping[SeedName, Seed] = Field(default_factory=dict)
    """`base` for the whole series (0 when left out), and panel ids for panels with a seed of their own."""
    panels: Annotated[tuple[Panel, ...], BeforeValidator(some)] = Field(json_schema_extra={"minItems": 1})
    """The pictures, in reading order."""
    checks: Checks = Field(default_factory=Checks)
    """Which checks are made, and how strictly."""
    generator: Annotated[Mapping[str, JsonValue], ShortForm("name", "The name alone.")] = Field(
        default_factory=dict
    )
    """What makes the pictures, with its options; `fallback` says who is next, `auto` chooses for each one."""
    budget: Budget = Field(default_factory=Budget)
    """What generating may cost."""
    use: Literal["commercial", "research"] = "commercial"
    """commercial: models whose license forbids commercial use are refused."""

    # A manifest made in code stands where a file of the usual name in the working folder would.
    _document: Document = PrivateAttr(Document(Path("series.yaml"), {}, {}, {}))
    _loaded: dict[str, Palette] = PrivateAttr(default_factory=dict)

    def placed(self, document: Document, loaded: Mapping[str, Palette]) -> Manifest:
        """The same manifest, knowing its file and the palette files that were read with it."""
        self._document = document
        self._loaded = dict(loaded)
        return self

    @property
    def path(self) -> Path:
        """The file that it was read from, as the caller named it."""
        return self._document.path

    @property
    def folder(self) -> Path:
        """The folder that every path in it is relative to."""
        return self.path.parent

    def line(self, *keys: str | int) -> int:
        """Line of a key ("panels", 0, "shot"), or of the nearest one around it."""
        return self._document.line(keys)

    def where(self, *keys: str | int) -> str:
        """file:line of a key, without the folder, so that it reads the same on every machine."""
        return f"{self.path.name}:{self.line(*keys)}"

    def palette(self, name: str) -> Palette:
        """The palette of this name. Raises KeyError for a name that is not under palettes."""
        entry = self.palettes[name]
        if not isinstance(entry, str):
            return _palette(name, entry)
        if entry not in self._loaded:
            self._loaded[entry] = read_palette(self.folder / entry)
        return replace(self._loaded[entry], name=name)

    def palette_of(self, use: str | Mapping[str, ColorEntry] | None, owner: str) -> Palette | None:
        """The palette behind a `palette` key: a name, or colors on the spot, which get the owner's name."""
        if use is None:
            return None
        return self.palette(use) if isinstance(use, str) else _palette(owner, use)

    def tolerances(self) -> dict[str, Tolerance]:
        """Check → limits that replace the built-in ones, each with the line that it comes from."""
        return {
            check: limits.tolerance(self.where("checks", "tolerances", check))
            for check, limits in self.checks.tolerances.items()
        }


def _palette(name: str, colors: Mapping[str, ColorEntry]) -> Palette:
    return Palette(name, tuple(_swatch(color_name, entry) for color_name, entry in colors.items()))


def _swatch(name: str, entry: ColorEntry) -> Swatch:
    given = {"role": entry.role, "share": entry.share, "tolerance": entry.tolerance}
    set_ones: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    return Swatch(name, parse_color(entry.color), **set_ones)


PLACES: Mapping[tuple[str, ...], type[Part]] = {
    (): Manifest,
    ("style",): Style,
    ("palettes", "*", "*"): ColorEntry,
    ("palette", "*"): ColorEntry,
    ("characters", "*"): Character,
    ("characters", "*", "palette", "*"): ColorEntry,
    ("characters", "*", "wardrobe", "*"): Wardrobe,
    ("characters", "*", "wardrobe", "*", "palette", "*"): ColorEntry,
    ("panels", "*"): Panel,
    ("panels", "*", "characters", "*"): CastEntry,
    ("panels", "*", "lettering", "*"): Lettering,
    ("panels", "*", "palette", "*"): ColorEntry,
    ("checks",): Checks,
    ("checks", "tolerances", "*"): Limits,
    ("budget",): Budget,
}
"""Where each part may stand, * being any name or number: messages about unknown keys go by it."""
