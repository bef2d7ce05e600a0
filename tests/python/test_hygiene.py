# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Checks and edits of systematic uncertainties: the program's answers in Python's types."""

import json
import pathlib
import re

import pytest
import relume
from relume import hygiene

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def odd(document):
    top = document["channels"][0]["samples"][1]["modifiers"]
    top.append({"name": "one_sided", "type": "normsys", "data": {"lo": 1.0, "hi": 1.2}})
    top.append({"name": "small", "type": "normsys", "data": {"lo": 0.997, "hi": 1.003}})
    return relume.Workspace(document)


def test_findings_are_the_programs(relume_program, odd, tmp_path):
    path = tmp_path / "w.json"
    path.write_text(odd.to_json())
    found = relume.validate(odd)
    assert found.to_dict() == json.loads(relume_program("validate", path, "--format", "json").stdout)
    assert repr(found) == relume_program("validate", path).stdout.rstrip()
    assert found.worst == "warning" and found.errors == [] and [f.check for f in found.warnings] == ["one-sided-variation"]
    finding = found.named("one-sided-variation")
    assert finding is found[0] and finding.count == 1 and finding.places[0]["modifier"] == "one_sided" and finding.advice
    assert len(found) == len(list(found)) == found.document["n_warnings"] + found.document["n_notes"]
    assert found.named("poi-without-effect") is None and found.notes == []


def test_options_of_checks(odd):
    assert relume.validate(odd, skip=["one-sided-variation"]).worst == "note"
    assert relume.validate(odd, thresholds={"large_normalisation": 0.15}).named("large-normalisation").places[0]["modifier"] == "one_sided"
    assert relume.validate(odd, thresholds={"relevant": 0.5}).named("one-sided-variation") is None
    assert relume.validate(odd, poi="k_top").named("channel-without-poi") is None
    assert relume.validate(odd.prune(samples=["signal"])).named("poi-on-no-sample").severity == "note"
    assert relume.validate(odd, measurement="search").worst == "warning"


@pytest.mark.parametrize("call, complaint", [
    (lambda w: relume.validate(w, skip=["one-sided-variations"]), "one-sided-variation"),
    (lambda w: relume.validate(w, skip="one-sided-variation"), "skip"),
    (lambda w: relume.validate(w, thresholds={"large": 1.0}), "large_normalisation"),
    (lambda w: relume.validate(w, thresholds={"small": -1.0}), "negative"),
    (lambda w: relume.validate(w, thresholds={"small": float("nan")}), "small"),
    (lambda w: relume.validate(w, places=-1), "places"),
    (lambda w: relume.validate(w, measurement="none"), "none"),
    (lambda w: relume.validate(w.to_dict()), "Workspace"),
    (lambda w: relume.validate(w).named("nothing"), "nothing"),
    (lambda w: w.prune_small(normalisation=-1.0), "normalisation"),
    (lambda w: w.prune_small(relative_to="bin"), "relative_to"),
    (lambda w: w.prune_small(modifiers=["nobody"]), "nobody"),
    (lambda w: w.prune(samples=["signal"]).prune_small(check=True), "parameter of interest"),
    (lambda w: w.symmetrise("mean"), "mean"),
    (lambda w: w.symmetrise(samples=["nobody"]), "nobody"),
    (lambda w: w.decorrelate([]), "modifier"),
    (lambda w: w.decorrelate("JES"), "JES"),
    (lambda w: w.decorrelate(["nobody"]), "nobody"),
    (lambda w: w.decorrelate(["JES"], by_channel=False), "channel"),
])
def test_wrong_questions_are_refused(odd, call, complaint):
    with pytest.raises(relume.OptionError, match=complaint):
        call(odd)


def test_what_cannot_be_taken_apart(odd):
    with pytest.raises(relume.InputError, match="parameter of interest"):
        odd.decorrelate(["mu"])


def test_edits_are_the_programs(relume_program, odd, tmp_path):
    path, report = tmp_path / "w.json", tmp_path / "report.json"
    path.write_text(odd.to_json())

    def program(*arguments):
        return relume.Workspace(json.loads(relume_program(*arguments).stdout))

    assert odd.symmetrise(modifiers=["one_sided"]) == program("symmetrise", path, "-m", "one_sided")
    assert odd.symmetrise("maximum", channels=["SR"], samples=["top"]) == program("symmetrise", path, "--method", "maximum", "-c", "SR", "-s", "top")
    assert odd.decorrelate(["JES"]) == program("decorrelate", path, "-m", "JES")
    assert odd.decorrelate(["JES"], by_sample=True, channels=["SR"]) == program("decorrelate", path, "-m", "JES", "--by", "channel-and-sample", "-c", "SR")
    pruning = odd.prune_small(normalisation=0.01, relative_to="total", check=True)
    assert pruning.workspace == program("prune-small", path, "--small-norm", "0.01", "--relative-to", "total", "--check", "--report", report)
    assert pruning.to_dict() == json.loads(report.read_text())
    assert pruning.gone_parameters == ["small"] and [c["action"] for c in pruning.changes] == ["removed"]
    assert 0 < pruning.largest_loss < 0.01 and [u["channel"] for u in pruning.uncertainties] == ["SR", "CR"]
    assert "expected limit" in repr(pruning)


def test_the_check_is_the_limit_and_the_fit(odd):
    pruning = odd.prune_small(check=True)
    for when, workspace in (("before", odd), ("after", pruning.workspace)):
        model = workspace.model()
        limit = relume.upper_limit(model)
        assert pruning.check["observed_limit"][when] == limit.observed
        assert tuple(e[when] for e in pruning.check["expected_limits"]) == tuple(limit.expected)
        asimov = model.expected_data(model.point({"mu": 1.0}))
        sigma = relume.fit(model, asimov).parameters["mu"].uncertainty
        # Two starts of one fit.
        assert pruning.check["poi_uncertainty"][when] == pytest.approx(sigma, rel=1e-6)
    assert odd.prune_small().check is None


def test_every_check_is_explained():
    page = (CHECKOUT / "docs" / "concepts" / "bad_models.md").read_text(encoding="utf-8")
    explained = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \|", page, re.MULTILINE))
    assert explained == hygiene.checks()
