# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Simplified versions from Python: the same as on the command line, and what can be done with them."""

import json

import pytest
import relume


def test_is_what_the_command_line_reports(workspace, model, relume_program, tmp_path):
    paths = [tmp_path / name for name in ("workspace.json", "report.json", "simplified.json")]
    paths[0].write_text(json.dumps(workspace.to_dict()), encoding="utf-8")
    relume_program("simplify", paths[0], "--control", "CR", "--toys", 5000, "--seed", 7, "--force", "--report", paths[1], "--output-file", paths[2])
    result = relume.simplify(model, controls=["CR"], n_toys=5000, seed=7, threads=2)
    documents = [result.to_dict(), json.loads(paths[1].read_text(encoding="utf-8"))]
    for document in documents:
        del document["seconds"]
    assert documents[0] == documents[1]
    assert result.likelihood(force=True) == json.loads(paths[2].read_text(encoding="utf-8"))


def test_numbers(model):
    result = relume.simplify(model, "linear", controls=["CR"])
    limit = relume.upper_limit(model)
    assert result.method == "linear" and result.attempts == []
    assert result.observed.full == pytest.approx(limit.observed, rel=1e-9)
    assert result.observed.relative_shift == pytest.approx(result.observed.simplified / limit.observed - 1.0)
    assert result.expected.full == pytest.approx(limit.expected[2], rel=1e-9)
    assert result.is_usable == (max(abs(result.observed.relative_shift), abs(result.expected.relative_shift)) <= 0.1)
    assert result.largest_distance > 0.0 and "linear" in repr(result)


def test_the_workspace_gives_the_limit_of_the_check(model):
    result = relume.simplify(model, "linear", controls=["CR"])
    workspace = result.workspace(force=True)
    yields = {entry["name"]: [entry["signal"]] for entry in result.document["validity"]["regions"]}
    limit = relume.upper_limit(workspace.with_signal(yields).model())
    assert limit.observed == pytest.approx(result.observed.simplified, rel=1e-5)
    assert limit.expected[2] == pytest.approx(result.expected.simplified, rel=1e-5)  # a workspace moves the centres of constraints


def test_refuses_what_misleads(model):
    result = relume.simplify(model, "postfit-total", controls=["CR"], tolerance=1e-9)
    assert not result.is_usable and "tolerance" in result.reason
    with pytest.raises(relume.OptionError, match="force=True"):
        result.workspace()
    assert result.workspace(force=True).channels
    unchecked = relume.simplify(model, "postfit-total", controls=["CR"], check=False)
    assert unchecked.is_usable and unchecked.observed is None and unchecked.expected is None and unchecked.largest_distance is None


def test_a_search_lists_its_attempts(model):
    result = relume.simplify(model, controls=["CR"], target_accuracy=0.2, n_toys=2000)
    assert result.attempts[-1]["method"] == result.method and result.is_usable


def test_masked_channels_stay_masked(background):
    masked = background.model().mask_channels(["CR"])
    result = relume.simplify(masked, "linearised")
    whole = relume.simplify(background.model(), "linearised")
    assert "the data of 'CR' are not used" in result.notes and "the data of 'CR' are not used" not in whole.notes
    with_probe = {"SR": [entry**0.5 for entry in masked.expected_data(masked.initial)[masked.channels[1].slice]], "CR": [12.0]}
    assert [c.name for c in masked.channels] == ["CR", "SR"] and any("probe" in note for note in result.notes)
    limit = relume.upper_limit(background.with_signal({**with_probe, "CR": [masked.expected_data(masked.initial)[0] ** 0.5]}).model().mask_channels(["CR"]))
    assert result.observed.full == pytest.approx(limit.observed, rel=1e-6)
    assert abs(result.observed.full / whole.observed.full - 1.0) > 0.01


def test_bad_questions(model):
    with pytest.raises(relume.OptionError, match="no method is called"):
        relume.simplify(model, "best")
    with pytest.raises(relume.OptionError, match="'CR'"):
        relume.simplify(model)  # never guessed, only suggested
    with pytest.raises(relume.RelumeError, match="'nowhere'"):
        relume.simplify(model, controls=["nowhere"])
    with pytest.raises(relume.OptionError, match="negative"):
        relume.simplify(model, controls=["CR"], tolerance=-0.1)
    for options, complaint in (({"method": "linear", "decorrelate": True}, "decorrelate: it is about"),
                               ({"check": False, "target_accuracy": 0.1}, "check: without one"), ({"check": False, "tolerance": 0.1}, "check: without one"),
                               ({"target_accuracy": 0}, "target_accuracy: 0 is no accuracy"),
                               ({"target_accuracy": 0.1, "method": "linear"}, "target_accuracy: it chooses"),
                               ({"target_accuracy": 0.1, "tolerance": 0.1}, "target_accuracy: it chooses"),
                               ({"method": "linear", "n_toys": 5000}, "n_toys: method linear draws"), ({"method": "linear", "seed": 3}, "seed: method linear draws")):
        with pytest.raises(relume.OptionError, match=complaint):
            relume.simplify(model, controls=["CR"], **options)
