# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever it is fed, the package raises its own exceptions with the place; it never crashes."""

import json
import pickle

import numpy as np
import pytest
import relume

NAN = float("nan")


class Stranger:
    """An object of another library that is no array."""


class Liar:
    """Says that it is an array and is not."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array after all")

    def tolist(self):
        return self


@pytest.mark.parametrize("vector, complaint", [
    ([1.0, 2.0], "2 numbers"), ([], "0 numbers"), ("much", "not numbers"), (None, "shape"), (Stranger(), "not numbers"),
    (np.ones((7, 1)), "shape"), (np.float64(1.0), "shape"), ([[1.0]], "shape"), ([1j] * 7, "not numbers"), (["a"] * 7, "not numbers"), ({"mu": 1.0}, "not numbers"),
])
def test_points_that_are_none(model, vector, complaint):
    for call in (model.nll, model.value_and_grad, model.hessian, model.expected_data, model.nll_terms):
        with pytest.raises(relume.OptionError, match=complaint):
            call(vector)


@pytest.mark.parametrize("value", [NAN, float("inf"), -1.0])
def test_data_that_are_none(model, value):
    data = model.observed
    data[0] = value
    for call in (lambda d: model.nll(model.initial, d), lambda d: relume.fit(model, d), lambda d: relume.hypotest(model, 1.0, d),
                 lambda d: relume.upper_limit(model, d), lambda d: relume.significance(model, d)):
        with pytest.raises(relume.OptionError, match="data"):
            call(data)
        with pytest.raises(relume.OptionError, match="numbers"):
            call(data[:-1])


def test_points_that_are_not_finite_have_no_value(model):
    assert not np.isfinite(model.nll(np.full(7, NAN))) and not np.isfinite(model.nll(np.full(7, 1e308)))


@pytest.mark.parametrize("call, complaint", [
    (lambda m: relume.fit(m, fixed={"nu": 1.0}), "'nu'"),
    (lambda m: relume.fit(m, fixed={"mu": NAN}), "mu"),
    (lambda m: relume.fit(m, fixed=[1]), "fixed"),
    (lambda m: relume.fit(m, fixed={"mu": "much"}), "fixed"),
    (lambda m: relume.fit(m, start=[1.0]), "start"),
    (lambda m: relume.fit(m, start=np.full(7, NAN)), "start"),
    (lambda m: relume.fit(m, bounds=np.ones((3, 2))), "lower"),
    (lambda m: relume.fit(m, bounds=np.ones(7)), "bounds"),
    (lambda m: relume.fit(m, bounds=np.tile([2.0, 1.0], (7, 1))), "bounds"),
    (lambda m: relume.fit(m, max_iterations=0), "max_iterations"),
    (lambda m: relume.fit("a model"), "model"),
    (lambda m: relume.hypotest(m, NAN), "poi_value"),
    (lambda m: relume.hypotest(m, test_stat="q7"), "q7"),
    (lambda m: relume.hypotest(m, asimov="maybe"), "maybe"),
    (lambda m: relume.hypotest(m, fixed={"mu": 1.0}), "mu"),
    (lambda m: relume.upper_limit(m, level=1.0), "level"),
    (lambda m: relume.upper_limit(m, level=NAN), "level"),
    (lambda m: relume.upper_limit(m, tolerance=0.0), "tolerance"),
    (lambda m: relume.upper_limit(m, test_stat="q0"), "q0"),
    (lambda m: relume.upper_limit(m.workspace.model(poi="")), "poi|parameter of interest"),
    (lambda m: m.workspace.model(poi="nu"), "'nu'"),
    (lambda m: m.workspace.model(poi="fakes"), "components"),
    (lambda m: m.workspace.model(measurement="other"), "'other'"),
    (lambda m: m.workspace.model(normsys="code9"), "code9"),
    (lambda m: m.workspace.model(normsys="code0"), "code0"),
    (lambda m: m.point({"nu": 1.0}), "'nu'"),
    (lambda m: m.nll_many(np.ones((2, 3))), "points"),
    (lambda m: m.nll_many(np.ones((2, 7)), np.ones((3, 8))), "data"),
    (lambda m: m.nll_many(np.ones((2, 7)), threads=-1), "threads"),
    (lambda m: m.nll_many(np.ones((2, 7)), threads=1.5), "threads"),
    (lambda m: m.sample(m.initial, -1), "^n: "),
    (lambda m: m.sample(m.initial, 1, seed="lucky"), "seed"),
    (lambda m: m.sample(m.initial, 1, first=-1), "first"),
    (lambda m: m.point(start=[1.0]), "start: 1 numbers"),
    (lambda m: m.point({"mu": "much"}), "'mu'"),
    (lambda m: m.point(["mu"]), "values"),
    (lambda m: relume.hypotest(m, "1"), "poi_value"),
    (lambda m: relume.hypotest(m, test_stat=None), "test_stat"),
    (lambda m: relume.hypotest(m).expected_at(3), "sigma"),
    (lambda m: relume.upper_limit(m).expected_at("median"), "sigma"),
    (lambda m: relume.upper_limit(m, level="0.9"), "level"),
    (lambda m: relume.upper_limit(m, expected=0), "expected"),
    (lambda m: relume.limit_gradient(m, tolerance=None), "tolerance"),
    (lambda m: relume.significance(m, asimov=1), "asimov"),
    (lambda m: relume.fit(m, max_iterations=2.5), "max_iterations"),
    (lambda m: relume.fit(m, covariance="yes"), "covariance"),
    (lambda m: relume.fit(m).to_json(indent=1.5), "indent"),
    (lambda m: m.by_sample([1.0]), "flat: 1 numbers"),
    (lambda m: m.workspace.model(poi=["mu"]), "poi"),
    (lambda m: m.workspace.model(normsys=4), "normsys"),
    (lambda m: m.workspace.model(clip_bin_data=-5), "clip_bin_data"),
    (lambda m: m.workspace.model(clip_bin_data=NAN), "clip_bin_data"),
    (lambda m: m.workspace.model(clip_sample_data="0"), "clip_sample_data"),
    (lambda m: m.workspace.model(errors_on_errors={"JES": 2}), "errors_on_errors"),
    (lambda m: m.workspace.model(errors_on_errors={"mu": 0.1}), "normfactor"),
    (lambda m: m.workspace.model(errors_on_errors={"JEZ": 0.1}), "JEZ"),
    (lambda m: m.workspace.model(errors_on_errors=[0.1]), "errors_on_errors"),
])
def test_arguments_that_are_none(model, call, complaint):
    with pytest.raises(relume.RelumeError, match=complaint):
        call(model)


@pytest.mark.parametrize("source, kind, complaint", [
    ("/no/such/file.json", relume.FileError, "/no/such/file.json"),
    (b"{", relume.InputError, "1:"),
    (b"", relume.InputError, "empty"),
    (b"\xff\xfe", relume.InputError, "1:1"),
    (b"[" * 100000, relume.InputError, "deep"),
    ({"channels": []}, relume.InputError, "#/channels"),
    ({"channels": NAN}, relume.InputError, "finite"),
    ({1: 2}, relume.InputError, "key"),
    ({"channels": Stranger()}, relume.InputError, "Stranger"),
    ({"channels": Liar()}, relume.InputError, "deep"),
    ({"channels": "\ud800"}, relume.InputError, "UTF-8"),
    (3, relume.InputError, "int"), (None, relume.InputError, "None"), (Stranger(), relume.InputError, "Stranger"), ([], relume.RelumeError, "list"),
])
def test_sources_that_are_none(source, kind, complaint):
    with pytest.raises(kind, match=complaint):
        relume.read(source)


def test_a_document_that_holds_itself(document):
    document["channels"].append(document)
    with pytest.raises(relume.InputError):
        relume.Workspace(document)


def test_all_problems_are_listed_with_their_pointers(document):
    document["channels"][0]["samples"][0]["data"] = [1.0, "two"]
    document["channels"][1]["samples"][0]["modifiers"][0]["type"] = "magic"
    with pytest.raises(relume.InputError) as caught:
        relume.Workspace(document)
    places = [p.where for p in caught.value.problems]
    assert any("/channels/0/samples/0/data/1" in p for p in places) and any("/channels/1/samples/0/modifiers/0" in p for p in places)
    assert isinstance(caught.value, ValueError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.problems == caught.value.problems and str(again) == str(caught.value)


@pytest.mark.parametrize("call, complaint", [
    (lambda w: w.prune(channels=["XR"]), "'XR'"),
    (lambda w: w.prune(modifier_types=["magic"]), "magic"),
    (lambda w: w.rename(samples={"no": "yes"}), "'no'"),
    (lambda w: w.combine(w), "SR"),
    (lambda w: w.combine(w, join="sideways"), "sideways"),
    (lambda w: w.digest("crc"), "crc"),
    (lambda w: w.with_patch([{"op": "remove", "path": "/nothing"}]), "/nothing"),
    (lambda w: w.with_patch([{"op": "add", "path": "/channels/0", "value": 3}]), "channels"),
    (lambda w: w.with_signal({"SR": [1.0]}, other_channels_are_zero=True), "bins|signal"),
    (lambda w: w.with_signal({"SR": [NAN, 1.0]}, other_channels_are_zero=True), "finite"),
    (lambda w: w.with_signal({"SR": [1.0, 1.0]}, other_channels_are_zero="CR"), "other_channels_are_zero"),
    (lambda w: w.prune(channels="SR"), "channels: .*'SR'"),
    (lambda w: w.prune(samples=[3]), "samples"),
    (lambda w: w.rename(channels=["SR"]), "channels"),
    (lambda w: w.rename(channels={"SR": 3}), "channels"),
    (lambda w: w.combine({}), "other: a dict"),
    (lambda w: w.digest(256), "algorithm"),
    (lambda w: w.to_json(indent=-1), "indent"),
    (lambda w: w.poi("other"), "'other' .there are: 'search'"),
    (lambda w: w.inspect("other"), "'other' .there are: 'search'"),
])
def test_edits_that_cannot_be(workspace, call, complaint):
    with pytest.raises(relume.RelumeError, match=complaint):
        call(workspace)


@pytest.mark.parametrize("options, complaint", [
    ({"level": 2}, "level"), ({"level": "0.9"}, "level"), ({"test_stat": "q7"}, "q7"), ({"fixed": [1]}, "fixed"), ({"tolerance": 0}, "tolerance"),
    ({"expected": None}, "expected"), ({"executor": 4}, "executor"), ({"checkpoint": 4}, "checkpoint"), ({"normsys": "code9"}, "code9"), ({"clip_bin_data": -5}, "clip_bin_data")])
def test_options_of_limits_that_are_none(background, options, complaint):
    with pytest.raises(relume.OptionError, match=complaint):
        relume.limits(background, {"signal": {"SR": [1.0, 2.0], "CR": [0.0]}}, **options)


def test_points_that_are_not_in_a_patchset(published):
    patchset = relume.read(published("ATLAS-SUSY-2018-06_3LeRJR", "patchset.json"))
    for name in ("nobody", 3, None):
        with pytest.raises(KeyError, match=str(name)):
            patchset[name]
        assert name not in patchset and patchset.get(name) is None
    with pytest.raises(relume.OptionError, match="workspace: a dict"):
        next(iter(patchset.values())).apply({})
    for call in (patchset.verify, relume.Signal):
        with pytest.raises(relume.InputError, match="None"):
            call(None)


def test_truncated_documents(document):
    text = json.dumps(document).encode()
    for end in range(0, len(text), 7):
        with pytest.raises(relume.InputError):
            relume.read(text[:end])
