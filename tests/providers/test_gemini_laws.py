"""Laws of what gemini does without a server: sizes, prices, and answers of any shape."""

from __future__ import annotations

import base64
import json

import pytest
from gemini_server import b64, png, size_of
from hypothesis import given, settings
from hypothesis import strategies as st

from series.generators.catalogue import catalogue
from series.generators.gemini.answers import read_answer
from series.generators.gemini.failures import failure_of
from series.generators.gemini.parts import mime_type_of
from series.generators.gemini.price import REFERENCE_TOKENS, THOUGHT_TOKENS, billed_usd, expected_usd
from series.generators.gemini.sizes import MAY_LACK, SIDES, enough, nearest_ratio, ratios_of
from series.generators.generator import Failed, Generated

MODELS = [model for model in catalogue().of("gemini") if not model.name.startswith("imagen-")]
sides = st.integers(16, 8000)
WORDS = (
    *("candidates", "content", "parts", "inlineData", "inline_data", "data", "text", "thought"),
    *("finishReason", "promptFeedback", "blockReason", "usageMetadata", "candidatesTokenCount"),
    *("STOP", "SAFETY", "aGk=", "?"),
)
words = st.sampled_from(WORDS)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)


@given(anything)
def test_an_answer_of_any_shape_has_an_outcome_and_a_price(data) -> None:
    outcome = read_answer(json.dumps(data), MODELS[0], "1K")
    assert isinstance(outcome, Generated | Failed)
    assert outcome.usd >= 0
    if isinstance(outcome, Failed):
        assert outcome.reason
        assert len(outcome.reason) <= 500
        assert outcome.reason.splitlines() == [outcome.reason]


@given(st.text(st.characters(codec=None), max_size=40))
def test_words_of_an_answer_are_told_on_one_printable_line(text) -> None:
    body = {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": text}]}
    outcome = read_answer(json.dumps(body), MODELS[0], "1K")
    assert outcome.reason.isprintable()
    outcome.reason.encode()  # no half surrogate


@given(st.text(max_size=60))
def test_a_body_that_is_any_text_has_an_outcome(body) -> None:
    assert isinstance(read_answer(body, MODELS[0], "1K"), Failed)


@given(st.binary(min_size=1, max_size=80), st.booleans())
def test_bytes_come_out_as_they_went_in_whichever_alphabet(data, of_urls) -> None:
    text = (base64.urlsafe_b64encode if of_urls else base64.b64encode)(data).decode()
    body = {"candidates": [{"content": {"parts": [{"inlineData": {"data": text}}]}}]}
    outcome = read_answer(json.dumps(body), MODELS[0], "1K")
    assert [image.data for image in outcome.images] == [data]


@given(sides, sides)
def test_a_class_is_large_enough_or_the_largest_and_none_smaller_would_do(width, height) -> None:
    classes = ("4K", "1K", "512", "2K")
    ratio = nearest_ratio((width, height), ratios_of("gemini-3.1-flash-image"))
    chosen = enough((width, height), ratio, classes)
    # Real pictures have sides that are multiples of 16.
    rounding = 16 / min(size_of(ratio, chosen))
    real = size_of(ratio, chosen)
    if chosen != "4K":
        assert real[0] >= width * (1 - MAY_LACK - rounding)
        assert real[1] >= height * (1 - MAY_LACK - rounding)
    smaller = [one for one in classes if SIDES[one] < SIDES[chosen]]
    for one in smaller:
        less = size_of(ratio, one)
        assert less[0] < width * (1 + rounding) or less[1] < height * (1 + rounding)


@settings(max_examples=50)
@given(sides, sides)
def test_turning_the_panel_turns_the_ratio(width, height) -> None:
    ratios = ("1:1", "3:4", "4:3", "9:16", "16:9")
    across, down = nearest_ratio((width, height), ratios).split(":")
    turned = nearest_ratio((height, width), ratios)
    one, other = int(across) / int(down), 1 / _value(turned)
    assert abs(one - other) < 1e-9 or abs(_off(one, width / height) - _off(other, width / height)) < 1e-9


def _value(ratio: str) -> float:
    across, down = map(int, ratio.split(":"))
    return across / down


def _off(one: float, wanted: float) -> float:
    return max(one / wanted, wanted / one)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(max_examples=30)
@given(
    prompt=st.text(max_size=400),
    references=st.integers(0, 14),
    thoughts=st.integers(0, THOUGHT_TOKENS - 20),
    tokens=st.floats(0, 1),
)
def test_what_is_reserved_is_no_less_than_what_is_billed(model, prompt, references, thoughts, tokens) -> None:
    for size_class, price in model.price.image.items():
        drawn = int(price / model.price.token["image_out"] * 1e6 + 1e-6)
        usage = {
            "promptTokenCount": int(tokens * (len(prompt.encode()) / 2 + references * REFERENCE_TOKENS)),
            "candidatesTokenCount": drawn + 12,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": drawn}],
            "thoughtsTokenCount": thoughts,
        }
        reserved = expected_usd(model, size_class, prompt=prompt, references=references, pictures=1)
        billed = billed_usd(model, size_class, usage, pictures=1)
        assert billed <= reserved + 1e-9
        assert billed_usd(model, size_class, {}, pictures=1) == price
        assert billed_usd(model, size_class, {}, pictures=0) == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_rows_say_what_the_adapter_needs(model) -> None:
    assert set(model.price.image) <= set(SIDES)
    assert set(model.price.token) == {"text_in", "text_out", "image_out"}
    assert model.abilities.takes_seed
    assert not model.abilities.seed
    assert not model.abilities.mask
    assert model.abilities.candidates == 1
    named = {one.name: one for one in MODELS}
    # What an ended model is replaced by is served, and knows at least as many references.
    for stronger in model.abilities.stronger_models:
        assert named[stronger].ends is None
        assert named[stronger].abilities.reference_images >= model.abilities.reference_images
    assert model.ends is None or model.abilities.stronger_models


def test_kinds_are_told_by_their_first_bytes() -> None:
    import numpy as np

    assert mime_type_of(png(np.zeros((2, 2, 3), np.uint8))) == "image/png"
    assert mime_type_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert mime_type_of(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert mime_type_of(b"GIF89a") == ""
    assert b64(b"hi") == "aGk="


@pytest.mark.parametrize("error", [ValueError("ours"), KeyError("x"), RuntimeError()])
def test_a_bug_is_no_behavior_of_the_provider(error) -> None:
    assert failure_of(error) is None
