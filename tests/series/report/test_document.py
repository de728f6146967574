import json
import math
from dataclasses import replace

import jsonschema
import numpy as np

from consistency.judge import judge
from consistency.measurement import Measurement
from series.report import audit_document, audit_json, audit_schema


def test_gold(audit, gold):
    gold("audit.json", audit_json(audit))


def test_no_number_is_infinite(audit):
    def walk(value):
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, float):
            assert math.isfinite(value)

    walk(audit_document(audit))


def test_every_frame_and_finding_is_there(audit):
    document = audit_document(audit)
    assert [frame["file"] for frame in document["frames"]][:1] == ["P01.jpg"]
    for frame, written in zip(audit.frames, document["frames"], strict=True):
        findings = len(written["measurements"]) + len(written["unmeasured"])
        assert findings == len(frame.assessment.findings)
        assert written["verdict"] == frame.verdict.value


def test_summary_counts(audit):
    summary = audit_document(audit)["summary"]
    assert summary["verdict"] == "drifted"
    assert summary["verdicts"] == {"consistent": 1, "unsure": 3, "drifted": 2}
    assert summary["checks"]["identity"] == {"consistent": 3, "unsure": 1, "drifted": 0, "unmeasured": 1}
    assert summary["unreadable"] == ["P05.png"]


def test_undecodable_names_survive_as_utf8(audit):
    text = audit_json(audit)
    assert "P04\\\\udcff" in text
    assert json.loads(text.encode("utf-8")) == audit_document(audit)


def test_numpy_numbers_are_written(plain):
    audit = plain(1)
    numpy_distance = np.float32(0.2)
    result = Measurement("identity", "mara", numpy_distance, "cosine distance", "subject/1")
    frame = replace(audit.frames[0], assessment=judge([result], audit.tolerances))
    assert '"distance": 0.2,' in audit_json(replace(audit, frames=(frame,)))


def test_follows_its_schema(audit, clean, sample):
    schema = audit_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (audit, clean, sample):
        jsonschema.Draft202012Validator(schema).validate(audit_document(one))


def test_schema_names_what_is_written(audit):
    schema = audit_schema()
    document = audit_document(audit)
    assert schema["required"] == list(document)
    assert schema["$defs"]["frame"]["required"] == list(document["frames"][0])
    assert schema["$defs"]["measurement"]["required"] == list(document["frames"][0]["measurements"][0])


def test_sample_says_what_was_planned(sample):
    frame = next(frame for frame in audit_document(sample)["frames"] if frame["panel"] == "p17")
    assert frame["wardrobe"] == {"mara": "home"}
    assert (frame["shot"], frame["scene"][:11]) == ("medium", "in her room")
    outfits = {reference["wardrobe"] for reference in audit_document(sample)["references"]}
    assert outfits == {None, "home"}


def test_sample_names_the_part(sample):
    parts = {
        (measured["subject"], measured["part"])
        for frame in audit_document(sample)["frames"]
        for measured in frame["measurements"]
        if measured["check"] == "color.role" and measured["verdict"] == "drifted"
    }
    assert ("mara", "coat") in parts


def test_gold_of_a_run(run, gold):
    gold("run.json", audit_json(run))


def test_a_run_follows_the_schema_and_is_finite(run, long):
    for one in (run, long(2, 30)):
        document = audit_document(one)
        jsonschema.Draft202012Validator(audit_schema()).validate(document)
        assert json.loads(audit_json(one)) == document


def test_schema_names_what_is_written_of_a_run(run):
    schema, document = audit_schema(), audit_document(run)
    assert schema["$defs"]["run"]["required"] == list(document["run"])
    assert schema["$defs"]["attempt"]["required"] == list(document["frames"][0]["attempts"][0])


def test_no_answer_has_no_latency(run, figures):
    silent = replace(run, run=replace(figures, latency_p50=math.nan, accepted=0, images=0))
    found = audit_document(silent)["run"]
    empty = ("latency_p50", "latency_p95", "usd_per_accepted", "images_per_accepted", "acceptance")
    assert [found[name] for name in empty] == [None] * 5


def test_a_panel_without_a_picture_is_no_unreadable_file(run):
    assert audit_document(run)["summary"]["unreadable"] == []


def test_an_audit_of_finished_frames_has_no_run(audit):
    document = audit_document(audit)
    assert document["run"] is None
    assert {(len(frame["attempts"]), frame["outcome"]) for frame in document["frames"]} == {(0, None)}
