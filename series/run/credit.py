"""Decided panels in, a statement of where each frame comes from out: made by what, from what, how checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from series.audit import Audit
from series.errors import SeriesError
from series.provenance.content_credentials import Signing, read_credentials
from series.provenance.statement import Sent, Statement
from series.provenance.write import write_provenance
from series.reinforce.attempt import Attempt, Mend
from series.request import Abilities, GenerationRequest
from series.run.folder import RunFolder
from series.run.frame_loop import FrameLoop
from series.run.images import Images
from series.run.ran import Ran
from series.version import package_version


@dataclass(frozen=True, slots=True)
class _Origin:
    """The asked attempt behind a frame, and what was repaired of its picture."""

    attempt: Attempt
    repaired: tuple[str, ...]


def credited(
    audit: Audit,
    ran: Ran,
    abilities: Mapping[str, Abilities],
    folder: RunFolder,
    images: Images,
    signing: Signing | None,
) -> Audit:
    """Write where each frame comes from, signed where there is a key; → the audit with the Content
    Credentials that pictures came with in their notes. What cannot be written is a note too: a report is
    never lost to it.

    abilities: generator → what it can do.
    """
    told = statements(audit, ran, abilities, images)
    notes = audit.notes
    try:
        write_provenance(folder.frames, folder.provenance, told, signing)
    except (SeriesError, OSError) as error:
        notes = (*notes, f"where frames come from is not written in full: {error}")
    return replace(
        audit,
        notes=notes,
        frames=tuple(
            replace(frame, notes=(*frame.notes, f"Content Credentials: {told[frame.file].credentials}"))
            if frame.file in told and told[frame.file].credentials
            else frame
            for frame in audit.frames
        ),
    )


def statements(
    audit: Audit, ran: Ran, abilities: Mapping[str, Abilities], images: Images
) -> dict[str, Statement]:
    """File name → what is stated of it: of every frame of the run that has a picture."""
    kept, accepted, told = ran.kept, ran.accepted, {}
    for frame in audit.frames:
        loop, image = ran.loops.get(frame.panel), kept.get(frame.panel, "")
        origin = _origin(loop, image) if loop is not None and image else None
        if origin is None or origin.attempt.request is None:
            continue
        path, request = images.path(image), origin.attempt.request
        able = abilities.get(origin.attempt.generator, Abilities())
        told[frame.file] = Statement(
            series=audit.series,
            panel=frame.panel,
            image=image,
            generator=origin.attempt.generator,
            request=request.digest,
            seed=request.seed if able.seed or able.takes_seed else None,
            references=_sent(request),
            edited_from=request.edit.digest if request.edit is not None else "",
            repaired=origin.repaired,
            verdict=frame.verdict.value,
            accepted=frame.panel in accepted,
            checked_with=dict(sorted(audit.encoders.items())),
            credentials=read_credentials(path.read_bytes(), path.suffix),
            tool=f"series-consistency {package_version()}",
        )
    return told


def _origin(loop: FrameLoop, image: str) -> _Origin | None:
    """Back from the frame's picture over repairs to the attempt that was asked for."""
    number = next((one.number for one in reversed(loop.attempts) if one.image == image), 0)
    repaired: list[str] = []
    while number:
        attempt = loop.attempts[number - 1]
        if attempt.repair is None:
            return _Origin(attempt, tuple(reversed(repaired)))
        of = f"{attempt.repair.subject} {attempt.repair.part}".strip()
        repaired.append(f"{attempt.repair.kind.value.replace('_', ' ')}: {of}")
        decision = loop.decisions[number - 2]
        number = decision.base if isinstance(decision, Mend) else 0
    return None


def _sent(request: GenerationRequest) -> tuple[Sent, ...]:
    return tuple(Sent(one.role.value, one.subject, one.digest) for one in request.references)
