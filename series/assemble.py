"""Measured frames and tolerances in, judged and put together: the Audit out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consistency import EncoderChoice, Tolerances, Verdict, character_of, judge
from series.audit import Audit, AuditedFrame, AuditReference
from series.frames import Matches
from series.manifest import Manifest
from series.measured import Measured
from series.peers import peer_scores
from series.pinned import Pinned
from series.version import package_version


def assemble_audit(
    manifest: Manifest,
    matches: Matches,
    pinned: Pinned,
    measured: Sequence[Measured],
    tolerances: Tolerances,
    lock_notes: Sequence[str],
    licenses: Mapping[str, str],
    choices: Sequence[EncoderChoice] = (),
) -> Audit:
    """Judge every frame and add what the reader must know."""
    return Audit(
        series=manifest.series,
        kind=manifest.kind,
        frames=tuple(_frame(frame, tolerances) for frame in measured),
        panels_without_frame=matches.panels_without_frame,
        frames_without_panel=matches.frames_without_panel,
        references=tuple(_dressed(reference, manifest) for reference in pinned.shown),
        encoders=pinned.encoders,
        licenses=licenses,
        choices=tuple(choices),
        tolerances=tolerances,
        peers=peer_scores(measured, pinned),
        notes=(*lock_notes, *_notes(manifest, pinned)),
        version=package_version(),
        manifest=str(manifest.path),
        frames_folder=str(matches.folder),
    )


def unsure_panels(audit: Audit) -> frozenset[str]:
    """Panels whose frame has something UNSURE in it and nothing worse."""
    return frozenset(frame.panel for frame in audit.frames if frame.verdict is Verdict.UNSURE)


def _frame(measured: Measured, tolerances: Tolerances) -> AuditedFrame:
    return AuditedFrame(
        panel=measured.order.panel,
        file=measured.file,
        characters=tuple(member.name for member in measured.order.characters),
        width=measured.width,
        height=measured.height,
        thumbnail=measured.thumbnail,
        assessment=judge(measured.results, tolerances),
        error=measured.error,
        notes=measured.notes,
        scene=measured.order.scene,
        shot=measured.order.shot,
        wardrobe={member.name: member.wardrobe for member in measured.order.characters if member.wardrobe},
        placed=tuple(member.name for member in measured.order.characters if member.place is not None),
    )


def _dressed(reference: AuditReference, manifest: Manifest) -> AuditReference:
    """With the outfit that it shows, where only an outfit pins it."""
    character = manifest.characters.get(reference.subject)
    if character is None or reference.name in character.references:
        return reference
    for wardrobe, outfit in character.wardrobe.items():
        if reference.name in outfit.references:
            return replace(reference, wardrobe=wardrobe)
    return reference


def _notes(manifest: Manifest, pinned: Pinned) -> Iterator[str]:
    for reference in pinned.unreadable:
        yield f"a reference could not be read and was left out: {reference.reason}"
    if not manifest.style.references:
        yield "no style reference is pinned: style and rendering are compared within the series only"
    if any(panel.lettering for panel in manifest.panels) and "lettering" not in manifest.checks.off:
        yield "lettering is only counted, not read: read the words yourself"
    if manifest.checks.off:
        yield f"switched off by the manifest: {', '.join(manifest.checks.off)}"
    pinned_characters = {character_of(look) for look in pinned.gallery.names} if pinned.gallery else set()
    if len(pinned_characters) == 1:
        yield "one character has references: identity is less certain than among several"
