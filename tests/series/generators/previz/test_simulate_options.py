"""What stands under generator.drift → options, or one line that names the key and the right word."""

from __future__ import annotations

import pytest

from series.drift import DriftKind
from series.errors import GeneratorError
from series.generators.previz.options import FAILURES, HOSTED_SECONDS, KIND_WEIGHTS, read_drift_options


def test_defaults_are_a_model_that_drifts_answers_at_once_and_costs_nothing() -> None:
    options = read_drift_options({})
    assert 0 < options.rate < 1
    assert options.kinds == KIND_WEIGHTS
    assert options.latency is None
    assert (options.price, options.failures, options.bill) == (0, {}, None)
    assert options.able().seed
    assert options.able().idempotent


def test_everything_that_the_page_names_is_read() -> None:
    options = read_drift_options(
        {
            "rate": 0.4,
            "seed": 7,
            "kinds": {"identity": 2, "style": 1},
            "size": 0.5,
            "latency": {"seconds": {"1": 4.2, "5": 4.8}, "scale": 0.1, "jitter": 0.2},
            "failures": {"timeout": 0.1, "garbage": 0.05},
            "price": 0.04,
            "abilities": {
                "seed": False,
                "edit": False,
                "mask": False,
                "candidates": 1,
                "reference_images": 4,
            },
            "concurrency": 10,
            "requests_per_minute": 100,
            "timeout_s": 3,
            "idempotent": False,
            "bill": "out/bill.csv",
            "cast": {"tib": "refs/tib.png"},
        }
    )
    assert options.kinds == {DriftKind.IDENTITY: 2, DriftKind.STYLE: 1}
    assert options.latency is not None
    assert options.latency.seconds == {1: 4.2, 5: 4.8}
    able, pace = options.able(), options.pace()
    assert (able.seed, able.edit, able.mask, able.candidates, able.reference_images) == (False,) * 3 + (1, 4)
    assert not able.idempotent
    assert (pace.concurrency, pace.requests_per_minute, pace.timeout_s) == (10, 100, 3)


def test_a_latency_without_seconds_is_that_of_hosted_models() -> None:
    latency = read_drift_options({"latency": {"scale": 0.1}}).latency
    assert latency is not None
    assert latency.seconds == HOSTED_SECONDS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rat": 0.1}, 'generator.drift.rat: there is no such option; did you mean "rate"?'),
        ({"latency": {"sec": {}}}, "generator.drift.latency.sec: there is no such option"),
        ({"abilities": {"seeds": True}}, 'did you mean "seed"?'),
        (
            {"kinds": {"identiti": 1}},
            'generator.drift.kinds.identiti: there is no such kind; did you mean "ide',
        ),
        ({"kinds": {"copy": 1}}, "it is a failure: reference"),
        ({"failures": {"time_out": 0.1}}, 'there is no failure "time_out"; did you mean "timeout"?'),
        ({"failures": {"waiting": 0.1}}, "there is no failure"),
        ({"failures": {"hang": 0.6, "garbage": 0.6}}, "generator.drift.failures: the shares add up to 1.2"),
        ({"rate": 1.2}, "generator.drift.rate: input should be less than or equal to 1, not 1.2"),
        ({"rate": "0.3"}, 'generator.drift.rate: input should be a valid number, not "0.3"'),
        ({"rate": float("nan")}, "generator.drift.rate"),
        ({"price": -1}, "generator.drift.price"),
        ({"concurrency": 0}, "generator.drift.concurrency"),
        ({"latency": {"seconds": {}}}, "generator.drift.latency.seconds: at least one entry"),
        ({"latency": {"seconds": {"0": 1}}}, "generator.drift.latency.seconds"),
        ({"bill": "../bill.csv"}, 'generator.drift.bill: "../bill.csv" must be a path inside'),
        ({"bill": "/bill.csv"}, "must be a path inside the series' folder"),
        ({"bill": "C:\\bill.csv"}, "must be a path inside the series' folder"),
        ({"cast": {"tib": "a/../../tib.png"}}, "generator.drift.cast.tib"),
    ],
)
def test_a_wrong_option_is_named_with_its_key(options: dict, said: str) -> None:
    with pytest.raises(GeneratorError) as caught:
        read_drift_options(options)
    assert said in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(GeneratorError) as caught:
        read_drift_options({"rate": 2, "size": 3, "sead": 1})
    assert len(str(caught.value).splitlines()) == 3


def test_every_failure_may_be_asked_for() -> None:
    share = 1 / (2 * len(FAILURES))
    assert set(read_drift_options({"failures": dict.fromkeys(FAILURES, share)}).failures) == set(FAILURES)
