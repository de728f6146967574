"""OpenAI images: a request in, pictures of OpenAI's models, or of a router that speaks its language, out.

Without pictures to send a request goes to /images/generations, with any to /images/edits: the base of an edit
first, references after it. A mask is advice to these models, so the original is put back outside of it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from consistency import Box, ConsistencyError
from series.errors import GeneratorError
from series.generators.catalogue import ImageModel
from series.generators.credentials import refused_key
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.generators.http import HttpClient, Reply
from series.generators.openai.answer import Address, Answer, read_answer
from series.generators.openai.faults import error_inside, failed_of
from series.generators.openai.options import read_service
from series.generators.openai.parts import Sent, sent_pictures
from series.generators.openai.price import booked, estimate, pictured
from series.generators.openai.service import NO_SECRET, PROVIDER, Service
from series.generators.openai.sizes import nearest_allowed
from series.generators.openai.wire import Wire
from series.generators.put_back import mask_png, put_back
from series.masking import one_line
from series.request import GenerationRequest, Role, caption, prompt
from series.request.build import nearest_size

RAW_BYTES = 16 << 20
"""Bytes of an answer that is kept beside the picture it went into: the most that a run keeps beside one."""
REASON = 500
"""Characters of a reason."""


def make(options: Mapping[str, JsonValue], *, folder: Path) -> OpenAIImages:
    """The generator of a manifest. Raises GeneratorError for options that cannot be used."""
    del folder  # references carry their own paths
    return OpenAIImages(read_service(options))


class OpenAIImages:
    """A generator. Safe in many threads."""

    def __init__(self, service: Service) -> None:
        self._service, self._wire = service, Wire(service)
        self._http: HttpClient | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """With model and, behind a profile, host."""
        return self._service.name

    @property
    def abilities(self) -> Abilities:
        """Of the model's row, or of the profile."""
        return self._service.abilities

    @property
    def pacing(self) -> Pacing:
        """As the manifest says, or the provider's row."""
        return self._service.pacing

    def require_service(self) -> None:
        """Raises GeneratorError for a model past its end at OpenAI itself."""
        row = self._service.row
        if row is not None and row.ended(_today()):
            raise GeneratorError(
                f"generator.model: {row.name} ended on {row.ends}: {_next_step(row)}, or a router that still "
                f"has it with generator.base_url and generator.profile: {{like: {row.name}, …}}"
            )

    def ready(self) -> None:
        """SDK, key, and a model that still is. Raises GeneratorError."""
        self.require_service()
        self._wire.client()

    def words(self, request: GenerationRequest) -> str:
        """The prompt, or the caption where that is too long for the model."""
        return self._words(request)[0]

    def price(self, request: GenerationRequest) -> float:
        """US dollars at most: of tokens by an estimate, of pictures by the list."""
        service = self._service
        return estimate(
            service.of(request.model),
            quality=service.quality,
            size=self._size(request.structure.size),
            said=prompt(request),
            references=len(request.references),
            candidates=max(1, request.candidates),
        )

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Send it once. key: not sent, there is nothing there that would honor it."""
        del key
        said, shortened = self._words(request)
        refused = self._beyond(request, said)
        if refused:
            return Failed(FailureKind.INVALID_REQUEST, refused)
        try:
            self._wire.client()
        except GeneratorError as error:  # nobody called ready(); no other request would fare better
            return Failed(FailureKind.AUTH, _line(str(error)))
        try:
            sent = sent_pictures(request)
        except (ConsistencyError, OSError) as error:
            return Failed(FailureKind.INVALID_REQUEST, _line(f"a picture to send along: {error}"))
        reply = self._asked(request, said, sent)
        if isinstance(reply, Failed):
            return reply
        failed = failed_of(reply) if reply.status != 200 else error_inside(reply)
        if failed is not None:
            names = (self._service.secret,) if self._service.secret != NO_SECRET else ()
            return refused_key(failed, self._service.host or PROVIDER, *names)
        return self._taken(request, read_answer(reply), sent, shortened)

    def _words(self, request: GenerationRequest) -> tuple[str, tuple[str, ...]]:
        """The prompt; where it is too long for the model, a caption in its place, and a note that says so."""
        said, longest = prompt(request), self._service.longest_prompt
        short = caption(request) if len(said) > longest else said
        if short is said or len(short) > longest:
            return said, ()
        return short, (f"the prompt has {len(said)} characters, more than {longest}: sent as a caption",)

    def _beyond(self, request: GenerationRequest, said: str) -> str:
        """What the request asks for that the service cannot do; empty when it can do it all."""
        able, edit = self.abilities, request.edit
        references = sum(one.role is not Role.BASE for one in request.references)
        room = max(0, able.reference_images - (edit is not None))
        reasons = {
            f"{references} reference pictures; it takes {room}": references > room,
            f"{request.candidates} candidates; it makes {able.candidates}": request.candidates
            > able.candidates,
            "an edit; it makes new pictures only": edit is not None and not able.edit,
            "an edit without the picture to edit": edit is not None and not _starts_from_base(request),
            "a mask; it takes none": edit is not None and edit.mask is not None and not able.mask,
            f"a prompt of {len(said)} characters; it takes {self._service.longest_prompt}": len(said)
            > self._service.longest_prompt,
        }
        found = [reason for reason, beyond in reasons.items() if beyond]
        return f"{self.name} was asked for {found[0]}" if found else ""

    def _asked(self, request: GenerationRequest, said: str, sent: Sent) -> Reply | Failed:
        service = self._service
        width, height = self._size(request.structure.size)
        fields: dict[str, Any] = {
            "model": request.model or service.model,
            "prompt": said,
            "size": f"{width}x{height}",
        }
        if request.candidates > 1:
            fields["n"] = request.candidates
        if service.quality:
            fields["quality"] = service.quality
        if service.response_format:
            fields["response_format"] = service.response_format
        if not sent.pictures:
            return self._wire.generate(fields, request.candidates)
        fields["image"] = list(sent.pictures)
        mask = _mask(request)
        if mask is not None and sent.base_size is not None:
            fields["mask"] = ("mask.png", mask_png(sent.base_size, mask), "image/png")
        return self._wire.edit(fields, request.candidates)

    def _taken(
        self, request: GenerationRequest, answer: Answer, sent: Sent, shortened: tuple[str, ...]
    ) -> Outcome:
        usd = self._billed(request, answer)
        images: list[GeneratedImage] = []
        notes = list(answer.wrong)
        for picture in answer.pictures:
            data = self._fetched(picture) if isinstance(picture, Address) else picture
            if isinstance(data, Failed):
                notes.append(f"a picture was made and cannot be fetched: {data.reason}")
                continue
            image, note = _finished(data, sent.base, _mask(request))
            images.append(image)
            notes += note
        if images:
            return Generated(tuple(images), usd, (*shortened, *(_line(note) for note in notes)))
        if notes:
            return Failed(FailureKind.MALFORMED, _line("; ".join(notes)), usd=usd)
        return Failed(FailureKind.NO_IMAGE, "the answer holds no picture", usd=usd)

    def _billed(self, request: GenerationRequest, answer: Answer) -> float:
        """By the answer's usage; without one, by the list, or by the estimate where that has no pictures."""
        service = self._service
        price = service.of(request.model)
        by_usage = booked(price, answer.usage)
        if by_usage is not None:
            return by_usage
        if not price.token:
            size = self._size(request.structure.size)
            return pictured(price, quality=service.quality, size=size, count=answer.count)
        return self.price(request) if answer.json else 0.0

    def _fetched(self, address: Address) -> bytes | Failed:
        service = self._service
        with self._lock:
            if self._http is None:
                self._http = HttpClient(service.base_url, timeout_s=service.pacing.timeout_s)
        return self._http.fetch(address.url, hosts=service.hosts)

    def _size(self, wanted: tuple[int, int]) -> tuple[int, int]:
        if self._service.grid:
            return nearest_allowed(*wanted)
        return nearest_size(wanted, self.abilities.sizes)


def _finished(data: bytes, base: bytes, mask: Box | None) -> tuple[GeneratedImage, list[str]]:
    """The picture as it is kept: of a masked edit with the original around the mask, the answer beside it."""
    if mask is None:
        return GeneratedImage(data), []
    try:
        whole = put_back(base, data, mask)
    except GeneratorError as error:
        return GeneratedImage(data), [str(error)]
    except ConsistencyError:  # no picture: whoever takes it says so
        return GeneratedImage(data), []
    if len(data) > RAW_BYTES:
        return GeneratedImage(whole), [f"the raw answer has {len(data)} bytes: not kept beside the picture"]
    kinds = {b"\xff\xd8": ".raw.jpg", b"RI": ".raw.webp"}
    suffix = kinds.get(data[:2], ".raw.png")
    return GeneratedImage(whole, {suffix: data}), []


def _starts_from_base(request: GenerationRequest) -> bool:
    return bool(request.references) and request.references[0].role is Role.BASE


def _mask(request: GenerationRequest) -> Box | None:
    return request.edit.mask if request.edit is not None else None


def _next_step(row: ImageModel) -> str:
    """Of its note, what to do: "use gpt-image-2.6-flare"."""
    found = re.search(r"\buse ([\w.-]*\w)", row.note)
    return f"use {found[1]}" if found else "use another model"


def _line(text: str) -> str:
    return one_line(text, REASON)


def _today() -> date:
    return datetime.now(UTC).date()
