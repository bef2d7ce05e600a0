# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published results that are no workspaces, from Python."""

import copy
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


def test_models_survive_pickling():
    for model in (relume.read(SIMPLIFIED).with_signal({"SR1": 12.0, "SR2": 15.0}).model(), relume.read(LIMITS).model()):
        again = pickle.loads(pickle.dumps(model))
        assert again.nll(model.initial) == model.nll(model.initial)


def test_many_signals():
    points = {"a": {"SR1": [12.0], "SR2": [15.0]}, "b": {"SR1": [6.0], "SR2": [7.5]}}
    table = relume.limits(relume.read(SIMPLIFIED), points, progress=False)
    assert [row.observed for row in table] == pytest.approx([0.85633214, 2 * 0.85633214], abs=1e-5)
