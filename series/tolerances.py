"""Built-in limits, what the manifest puts in their place, and swatches pinned more narrowly: one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from consistency import (
    ANY_ENCODER,
    DEFAULT_TOLERANCES,
    SERIES_AT_LEAST,
    Palette,
    Tolerance,
    Tolerances,
    knows_photographs,
    require_tolerances,
)
from series.manifest import Manifest
from series.plan import CastMember, FrameOrder, palettes_of


def resolve_tolerances(manifest: Manifest, orders: Sequence[FrameOrder]) -> Tolerances:
    """→ (check, encoder) → Tolerance, and (check, encoder, subject, part) for swatches with a tolerance. What
    the manifest sets for a check is for every encoder, also for one without built-in limits, unless it names
    the one that it is for."""
    given = manifest.tolerances()
    named = {check: limits.encoder for check, limits in manifest.checks.tolerances.items() if limits.encoder}
    replaced = {check: tolerance for check, tolerance in given.items() if check not in named}
    table: dict[tuple[str, ...], Tolerance] = {
        key: replaced.get(key[0], tolerance) for key, tolerance in DEFAULT_TOLERANCES.items()
    }
    table.update({(check, ANY_ENCODER): tolerance for check, tolerance in replaced.items()})
    table.update({(check, encoder): given[check] for check, encoder in named.items()})
    table.update(_swatches(manifest, orders))
    return table


def check_limits(
    manifest: Manifest, orders: Sequence[FrameOrder], encoders: Mapping[str, str], tolerances: Tolerances
) -> None:
    """Raise ToleranceError where something that will be measured has no limits: before anything is observed
    or paid for. encoders: role → id."""
    off = manifest.checks.off
    pairs = [
        (check, encoders[role])
        for role, check in _measured(manifest, orders, encoders.get("subject", ""))
        if role in encoders and check not in off and check.partition(".")[0] not in off
    ]
    require_tolerances(tolerances, pairs)


def style_checks(manifest: Manifest, orders: Sequence[FrameOrder]) -> tuple[str, ...]:
    """What the encoder of style may measure in this series."""
    pinned = ("style.reference",) if manifest.style.references else ()
    return (*pinned, "style.series") if len(orders) >= SERIES_AT_LEAST else pinned


def _measured(manifest: Manifest, orders: Sequence[FrameOrder], subject: str) -> Iterator[tuple[str, str]]:
    """(role, check) of what encoders of one's own may measure. subject: id of the encoder of subjects."""
    for check in style_checks(manifest, orders):
        yield "style", check
    pinned = [one for one in manifest.characters.values() if one.references]
    by_looks = [one for one in pinned if one.medium == "drawn" or knows_photographs(subject)]
    if any(one.medium == "drawn" for one in pinned):
        yield "subject", "identity" if len(by_looks) > 1 else "identity.alone"
    if any(one.medium == "photo" for one in pinned):
        yield "faces", "identity"
    if len(by_looks) > 1:
        yield "subject", "identity.swap"
        yield "subject", "identity.unexpected"
        yield "maps", "identity.absent"


def _swatches(
    manifest: Manifest, orders: Iterable[FrameOrder]
) -> Iterator[tuple[tuple[str, ...], Tolerance]]:
    for order in orders:
        for subject, palette in palettes_of(order):
            place = ("panels", order.index, "palette") if order.palette is not None else ("palette",)
            yield from _of_palette(manifest, place, subject, palette)
        for member in order.characters:
            if member.palette is not None:
                yield from _of_palette(manifest, _place_of(manifest, member), member.name, member.palette)


def _place_of(manifest: Manifest, member: CastMember) -> tuple[str, ...]:
    outfit = manifest.characters[member.name].wardrobe.get(member.wardrobe)
    dressed = ("wardrobe", member.wardrobe) if outfit is not None and outfit.palette is not None else ()
    return ("characters", member.name, *dressed, "palette")


def _of_palette(
    manifest: Manifest, place: tuple[str | int, ...], subject: str, palette: Palette
) -> Iterator[tuple[tuple[str, ...], Tolerance]]:
    """place: where the colors stand if they are written on the spot and not under palettes."""
    for swatch in palette.swatches:
        if swatch.tolerance is not None:
            named = palette.name in manifest.palettes
            line = manifest.where(*(("palettes", palette.name) if named else place), swatch.name)
            source = f"{line}: tolerance of {swatch.name} in palette {palette.name}"
            limits = Tolerance(swatch.tolerance, swatch.tolerance, source)
            yield ("color.role", "lab/1", subject, swatch.name), limits
