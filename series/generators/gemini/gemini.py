"""Gemini: a request in, a picture of one of Google's image models out, by the official SDK.

Nano Banana and its successors over generateContent, with a key or on Vertex AI; Imagen 4 on Vertex AI (see
`imagen`). Seeds are sent and best effort; there is no mask; one picture a request. Nothing is retried
here (see `patience`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from consistency import ConsistencyError
from series.errors import GeneratorError
from series.generators.catalogue import ImageModel, known_image_model
from series.generators.credentials import refused_key
from series.generators.deadline import within
from series.generators.gemini.answers import read_answer
from series.generators.gemini.client import KEY, make_client
from series.generators.gemini.failures import failure_of, said
from series.generators.gemini.options import PROVIDER, GeminiOptions, is_imagen
from series.generators.gemini.parts import sent_images
from series.generators.gemini.price import expected_usd
from series.generators.gemini.sizes import enough, nearest_ratio, ratios_of
from series.generators.generator import Abilities, Failed, FailureKind, Outcome, Pacing
from series.request import GenerationRequest, caption, prompt

SEEDS: Final = 2**31
"""Seeds are 32 bits with a sign there; larger ones wrap around."""

Today = Callable[[], datetime]


class GeminiGenerator:
    """A generator. May be asked from several threads: they share one client, made at the first need."""

    def __init__(self, options: GeminiOptions, *, today: Today = lambda: datetime.now(UTC)) -> None:
        """today: the clock by which a model's service has ended."""
        self.options = options
        self.name = f"{PROVIDER}:{options.model.name}"
        self._today, self._client, self._lock = today, None, threading.Lock()

    @property
    def abilities(self) -> Abilities:
        """Those of the model."""
        return self.options.model.abilities

    @property
    def pacing(self) -> Pacing:
        """As the options say."""
        return self.options.pacing

    def require_service(self) -> None:
        """Raises GeneratorError for a model past its end."""
        model = self.options.model
        # The dates are those of the Gemini API: Vertex AI keeps models longer, and a dead one answers 404.
        if model.ended(self._today().date()) and not self.options.vertex:
            successor = model.abilities.stronger_models[0]
            raise GeneratorError(f"generator.model: {model.name} ended on {model.ends}: use {successor}")

    def ready(self) -> None:
        """Raises GeneratorError for a model that is no more, a missing SDK, key or credentials."""
        self.require_service()
        self._connected()

    def words(self, request: GenerationRequest) -> str:
        """A caption for Imagen, the prompt for the others."""
        return _words(request, self._model(request))

    def price(self, request: GenerationRequest) -> float:
        """US dollars at most: the picture by its class, the words, the references and thoughts."""
        model = self._model(request)
        return expected_usd(
            model,
            self._size(request, model)[1],
            prompt=_words(request, model),
            references=len(request.references),
            pictures=max(1, request.candidates) if is_imagen(model) else 1,
        )

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Asks once. The provider knows no keys: a request that is sent again is billed again."""
        del key
        try:
            model = self._model(request)
        except GeneratorError as error:
            return Failed(FailureKind.INVALID_REQUEST, said(str(error)))
        try:
            client = self._connected()
        except GeneratorError as error:
            return Failed(FailureKind.AUTH, said(str(error)))
        try:
            with within(self.pacing.timeout_s):
                if is_imagen(model):
                    from series.generators.gemini.imagen import ask_imagen

                    words, shape = _words(request, model), self._size(request, model)
                    return ask_imagen(client, model, words, *shape, request)
                return self._ask(client, model, request)
        except Exception as error:
            failed = failure_of(error)
            if failed is None:
                raise
            return failed if self.options.vertex else refused_key(failed, PROVIDER, KEY)

    def _ask(self, client: Any, model: ImageModel, request: GenerationRequest) -> Outcome:  # noqa: ANN401
        from google.genai import types

        try:
            images = list(sent_images(request))
        except (ConsistencyError, OSError) as error:
            return Failed(FailureKind.INVALID_REQUEST, said(f"a reference cannot be sent: {error}"))
        ratio, size_class = self._size(request, model)
        parts = []
        for image in images:
            parts.append(types.Part.from_text(text=image.label))
            parts.append(types.Part.from_bytes(data=image.data, mime_type=image.mime_type))
        parts.append(types.Part.from_text(text=_words(request, model)))
        # A model with one class refuses to be told it.
        told = size_class if len(model.price.image) > 1 else None
        answer = client.models.generate_content(
            model=model.name,
            contents=[types.Content(role="user", parts=parts)],
            config=types.GenerateContentConfig(
                response_modalities=["IMAGE"],
                seed=request.seed % SEEDS,
                image_config=types.ImageConfig(aspect_ratio=ratio, image_size=told),
                automatic_continuation=False,  # it would send, and bill, a second request by itself
                automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
                should_return_http_response=True,
            ),
        )
        return read_answer(answer.sdk_http_response.body or "", model, size_class)

    def _model(self, request: GenerationRequest) -> ImageModel:
        return known_image_model(PROVIDER, request.model) if request.model else self.options.model

    def _size(self, request: GenerationRequest, model: ImageModel) -> tuple[str, str]:
        """Aspect ratio and size class."""
        classes = tuple(model.price.image)
        ratio = nearest_ratio(request.structure.size, ratios_of(model.name))
        fixed = self.options.image_size
        return ratio, fixed if fixed in classes else enough(request.structure.size, ratio, classes)

    def _connected(self) -> Any:  # noqa: ANN401
        with self._lock:
            if self._client is None:
                self._client = make_client(self.options)
            return self._client


def _words(request: GenerationRequest, model: ImageModel) -> str:
    """Imagen reads 480 tokens and knows no references: it gets a caption."""
    return caption(request) if is_imagen(model) else prompt(request)
