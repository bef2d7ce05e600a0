# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published results that are no workspaces, from Python."""

import copy
import json
import pickle

import pytest

import relume

SIMPLIFIED = {"format": "relume-likelihood", "version": 1, "kind": "simplified",
              "regions": [{"name": "SR1", "observed": 36, "background": 50.0}, {"name": "SR2", "observed": 33, "background": 48.0}],
              "covariance": [[144.0, 0.0], [0.0, 256.0]]}
COUNTING = {"format": "relume-likelihood", "version": 1, "kind": "counting",
            "regions": [{"name": "SR1", "observed": 36, "background": 50.0, "uncertainty": 12.0},
                        {"name": "SR2", "observed": 33, "background": 48.0, "uncertainty": 16.0}]}
LIMITS = {"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "observed": 2.0, "unit": "fb", "expected": [None, 0.7, 1.0, 1.4, None]}


def test_a_simplified_likelihood_takes_a_signal():
    publication = relume.read(SIMPLIFIED)
    assert publication.kind == "simplified"
    limit = relume.upper_limit(publication.with_signal({"SR1": 12.0, "SR2": 15.0}).model())
    assert limit.observed == pytest.approx(0.85633214, abs=1e-6)  # an independent computation; spey's tests: 0.85633457


def test_counting_regions_are_chosen_or_named():
    publication = relume.Publication(COUNTING)
    chosen = publication.with_signal({"SR1": 12.0, "SR2": 15.0})
    assert list(chosen.channels) == ["SR2"]
    assert list(publication.with_signal({"SR1": 12.0, "SR2": 15.0}, region="SR1").channels) == ["SR1"]
    with pytest.raises(relume.RelumeError, match="SR1.*SR2"):
        publication.model()


def test_limits_come_back():
    model = relume.read(LIMITS).model()
    limit = relume.upper_limit(model, test_stat="q")
    assert limit.observed == pytest.approx(2.0, rel=1e-7)
    with pytest.raises(relume.InputError, match="not made from a workspace"):
        model.workspace  # noqa: B018


@pytest.mark.parametrize("document", [SIMPLIFIED, COUNTING, LIMITS], ids=["simplified", "counting", "limits"])
def test_copies_are_equal(document):
    publication = relume.read(document)
    assert pickle.loads(pickle.dumps(publication)) == publication == copy.deepcopy(publication)
    assert relume.read(publication.to_json().encode()) == publication
    assert relume.Publication(publication.to_dict()) == publication


def test_notes_of_the_reader_stay_with_the_publication():
    region = "<region id='{0}'><nobs>12</nobs><nb>10.5</nb><deltanb>2.1</deltanb><covariance region='{0}'>4.41</covariance></region>"
    publication = relume.read(f"<analysis id='a'>{region.format('A')}{region.format('B')}</analysis>".encode())
    note = "<bytes>, the covariance: 1 pairs of regions have no entry, which means no correlation"
    for core in (publication._core, pickle.loads(pickle.dumps(publication))._core):
        assert core.notes == [note]
        assert core.prepared(None, "", "", False)[1][0] == note


def test_what_was_approximated_is_told_through_every_door(relume_program, tmp_path):
    skewed = {**SIMPLIFIED, "third_moments": [6000.0, 100.0]}
    yields = {"SR1": [12.0], "SR2": [15.0]}
    path = tmp_path / "skewed.json"
    path.write_text(json.dumps(skewed), encoding="utf-8")
    told = json.loads(relume_program("fit", path).stdout)["notes"]
    assert any("third moments are too large" in note for note in told)
    publication = relume.read(skewed)
    for model in (publication.model(), relume.Model(path), pickle.loads(pickle.dumps(publication.workspace())).model()):
        assert model.notices == relume.fit(model).notes == told
    signal = tmp_path / "signal.json"
    signal.write_text(json.dumps({"format": "relume-signal", "version": 1, "name": "s", "samples": [{"name": "s", "channels": yields}]}), encoding="utf-8")
    told = json.loads(relume_program("limit", path, "--signal", signal).stdout)["notes"]
    for model in (publication.with_signal(yields).model(), publication.workspace().with_signal(yields).model()):
        for same in (model, pickle.loads(pickle.dumps(model)), model.workspace.model()):
            assert same.notices == relume.upper_limit(same).notes == told
    assert list(relume.limits(publication, {"s": yields})[0].notes) == list(relume.limits(publication.workspace(), {"s": yields})[0].notes) == told


def test_models_are_inspected_as_on_the_command_line(relume_program, tmp_path):
    path = tmp_path / "limits.json"
    path.write_text(json.dumps(LIMITS), encoding="utf-8")
    assert relume.Model(path).inspect() == json.loads(relume_program("inspect", path, "--format", "json").stdout)
    assert relume.read(SIMPLIFIED).model().inspect()["channels"]


@pytest.mark.parametrize(("document", "options", "complaint"), [
    (SIMPLIFIED, {"constraints": "posteriors"}, "constraints: 'posteriors' is no kind"),
    (LIMITS, {"poi": 3}, "poi: 3 is no text"), (LIMITS, {"clip_bin_data": "a"}, "clip_bin_data: 'a' is no number"),
    (LIMITS, {"clip_bin_data": 1.0}, "clip_bin_data: means nothing for upper limits"),
    (LIMITS, {"constraints": "priors"}, "constraints: means nothing for upper limits"),
    (COUNTING, {}, "region: there are 2 regions.*name one of them as the region"),
])
def test_options_of_models_are_checked(document, options, complaint):
    with pytest.raises(relume.OptionError, match=complaint):
        relume.read(document).model(**options)


def test_kinds_of_constraints_are_those_of_the_command_line(relume_program, tmp_path):
    paths = tmp_path / "simplified.json", tmp_path / "signal.json"
    yields = {"SR1": [12.0], "SR2": [15.0]}
    paths[0].write_text(json.dumps(SIMPLIFIED), encoding="utf-8")
    paths[1].write_text(json.dumps({"format": "relume-signal", "version": 1, "name": "s", "samples": [{"name": "s", "channels": yields}]}), encoding="utf-8")
    medians = set()
    for kind in ("measurements", "priors"):
        document = json.loads(relume_program("limit", paths[0], "--signal", paths[1], "--constraints", kind).stdout)
        model = relume.read(SIMPLIFIED).with_signal(yields).model(constraints=kind)
        for same in (model, pickle.loads(pickle.dumps(model))):
            assert list(relume.upper_limit(same).expected) == pytest.approx(document["expected"], rel=1e-9)
        medians.add(document["expected"][2])
    assert len(medians) == 2


def test_the_chosen_region_is_told():
    publication = relume.Publication(COUNTING)
    yields = {"SR1": 12.0, "SR2": 15.0}
    assert any("'SR2' alone is used" in note for note in publication.with_signal(yields).model().notices)
    assert "'SR2' alone is used" in relume.limits(publication, {"s": {name: [n] for name, n in yields.items()}})[0].notes[0]


def test_models_survive_pickling():
    for model in (relume.read(SIMPLIFIED).with_signal({"SR1": 12.0, "SR2": 15.0}).model(), relume.read(LIMITS).model()):
        again = pickle.loads(pickle.dumps(model))
        assert again.nll(model.initial) == model.nll(model.initial)


def test_many_signals():
    points = {"a": {"SR1": [12.0], "SR2": [15.0]}, "b": {"SR1": [6.0], "SR2": [7.5]}}
    table = relume.limits(relume.read(SIMPLIFIED), points, progress=False)
    assert [row.observed for row in table] == pytest.approx([0.85633214, 2 * 0.85633214], abs=1e-5)
