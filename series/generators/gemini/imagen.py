"""A caption in, pictures of Imagen on Vertex AI out, by the SDK's `generate_images`.

Google has deprecated both: the SDK drops the method not before 2027, and warns of it once.
"""

from __future__ import annotations

from typing import Any

from series.generators.catalogue import ImageModel
from series.generators.gemini.failures import said
from series.generators.gemini.price import picture_usd
from series.generators.generator import Failed, FailureKind, Generated, GeneratedImage, Outcome
from series.request import GenerationRequest


def ask_imagen(
    client: Any,  # noqa: ANN401 - a type of a package that may be missing
    model: ImageModel,
    words: str,
    ratio: str,
    size_class: str,
    request: GenerationRequest,
) -> Outcome:
    """No seed is sent: it would cost the watermark that says who made the picture. Raises what the SDK
    raises, but for answers that it cannot read."""
    from google.genai import types

    wanted = max(1, request.candidates)
    each = picture_usd(model, size_class)
    try:
        answer = client.models.generate_images(
            model=model.name,
            prompt=words,
            config=types.GenerateImagesConfig(
                number_of_images=wanted,
                aspect_ratio=ratio,
                image_size=size_class if len(model.price.image) > 1 else None,
                include_rai_reason=True,
                enhance_prompt=False,  # a rewritten prompt would no longer pin what the manifest pins
                add_watermark=True,
            ),
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # The SDK found no answer in the answer: bad JSON, another shape, bad base64.
        usd = 0.0 if type(error).__name__ == "JSONDecodeError" else wanted * each
        return Failed(FailureKind.MALFORMED, said(f"the answer cannot be read: {error}"), usd=usd)
    pictures = [one.image.image_bytes for one in answer.generated_images or () if one.image]
    images = tuple(GeneratedImage(data) for data in pictures if data)
    if images:
        return Generated(images, len(images) * each)
    reasons = [one.rai_filtered_reason for one in answer.generated_images or () if one.rai_filtered_reason]
    if reasons:
        return Failed(FailureKind.POLICY, said(f"the picture was blocked: {reasons[0]}"), stage="output")
    if answer.generated_images:
        return Failed(FailureKind.MALFORMED, "the answer holds neither a picture nor a reason for none")
    return Failed(FailureKind.NO_IMAGE, "the answer holds no picture")
