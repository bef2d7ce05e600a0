# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Workspaces and patchsets: what they say, edits, errors."""

import copy
import json

import numpy as np
import pytest
from differential import compare, ours, outcome, real
from specs import MU, WORKSPACES, sample, workspace

EVERYTHING = WORKSPACES["everything"]
OTHER = workspace({"vr": [sample("top", [7.0, 9.0], MU, ("n9", "normsys", {"lo": 0.9, "hi": 1.1}))]}, {"vr": [8.0, 8.0]})
OTHER["measurements"][0]["name"] = "other"
CLASH = copy.deepcopy(EVERYTHING)
CLASH["channels"][0]["samples"][0]["data"][0] = 6.0
CLASH["channels"][0]["samples"].append(sample("extra", [1.0, 1.0, 1.0]))
RECONFIGURED = copy.deepcopy(EVERYTHING)
RECONFIGURED["measurements"][0]["config"]["parameters"][1]["bounds"] = [[0.5, 2.0]]


BUILD_RAISES = {"shapesys with empty bins": "RuntimeError", "staterror with an empty bin": "RuntimeError", "no parameter of interest": "InvalidSpecification"}


def document(workspace):
    return json.loads(json.dumps(dict(workspace)))


@pytest.mark.parametrize("attribute", ["channels", "samples", "modifiers", "channel_nbins", "channel_slices", "measurement_names", "observations", "version",
                                       "schema", "valid_joins"])
@pytest.mark.parametrize("name", WORKSPACES)
def test_attributes(name, attribute):
    compare(lambda m: getattr(m.Workspace(WORKSPACES[name]), attribute))


@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("name", WORKSPACES)
def test_data(name, include):
    def answer(m):
        w = m.Workspace(WORKSPACES[name])
        return w.data(w.model(), include_auxdata=include)

    compare(answer)


@pytest.mark.parametrize("arguments", [
    {"channels": ["cr"]}, {"samples": ["qcd"]}, {"modifiers": ["h"]}, {"modifier_types": ["staterror"]}, {"modifiers": ["n1", "n2"], "samples": ["fakes"]},
    {"channels": ["nowhere"]}, {"samples": ["nothing"]}, {"modifiers": ["nothing"]}, {"modifier_types": ["nothing"]}, {"measurements": ["nothing"]},
    {"modifier_types": ["shapesys", "shapefactor"]}, {"measurements": ["measurement"]}, {"channels": ["sr", "cr"]}, {},
], ids=str)
def test_prune(arguments):
    compare(lambda m: document(m.Workspace(EVERYTHING).prune(**arguments)), raises=True)


@pytest.mark.parametrize("arguments", [
    {"channels": {"cr": "control"}}, {"samples": {"top": "ttbar"}}, {"modifiers": {"mu": "strength", "h": "jes"}}, {"measurements": {"measurement": "m"}},
    {"channels": {"nowhere": "x"}}, {"samples": {"nothing": "x"}}, {"modifiers": {"nothing": "x"}}, {"measurements": {"nothing": "x"}},
    {"modifiers": {"lumi": "luminosity"}}, {},
], ids=str)
def test_rename(arguments):
    compare(lambda m: document(m.Workspace(EVERYTHING).rename(**arguments)), raises=True)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("join", ["none", "outer", "left outer", "right outer", "sideways"])
@pytest.mark.parametrize("right", [OTHER, EVERYTHING, CLASH, RECONFIGURED], ids=["other", "same", "clash", "reconfigured"])
def test_combine(right, join, merge):
    compare(lambda m: document(m.Workspace.combine(m.Workspace(EVERYTHING), m.Workspace(right), join=join, merge_channels=merge)), raises=True)


def test_combine_versions():
    def answer(m):
        w = m.Workspace(EVERYTHING)
        w["version"] = "1.2.0"
        return m.Workspace.combine(w, m.Workspace(OTHER))

    compare(answer, raises="InvalidWorkspaceOperation")


@pytest.mark.parametrize("name", WORKSPACES)
def test_sort_and_digest(name):
    for algorithm in ("sha256", "md5"):
        compare(lambda m, a=algorithm: m.utils.digest(m.Workspace.sorted(m.Workspace(WORKSPACES[name])), algorithm=a))
    compare(lambda m: m.utils.digest(WORKSPACES[name]))
    compare(lambda m: document(m.Workspace.sorted(m.Workspace(WORKSPACES[name]))))


@pytest.mark.parametrize("name", WORKSPACES)
def test_build(name):
    def answer(m):
        w = m.Workspace(WORKSPACES[name])
        pdf = w.model()
        return document(m.Workspace.build(pdf, w.data(pdf), name="built"))

    # pyhf cannot write a width of infinity, nor a measurement of nothing.
    compare(answer, raises=BUILD_RAISES.get(name, False))


@pytest.mark.parametrize("arguments", [{}, {"measurement_name": "other"}, {"measurement_index": 1}, {"measurement_index": 5}, {"measurement_name": "nothing"},
                                       {"measurement_name": "measurement", "measurement_index": 1}], ids=str)
def test_measurements(arguments):
    wrong = arguments in ({"measurement_name": "nothing"}, {"measurement_index": 5})
    both = {**EVERYTHING, "measurements": EVERYTHING["measurements"] + [{"name": "other", "config": {"poi": "ktop", "parameters": EVERYTHING["measurements"][0]["config"]["parameters"]}}]}
    compare(lambda m: dict(m.Workspace(both).get_measurement(**arguments)), raises="InvalidMeasurement" if wrong else False)
    compare(lambda m: m.Workspace(both).model(**arguments).config.poi_name, raises="InvalidMeasurement" if wrong else False)


def test_a_workspace_without_measurements():
    nothing = {**EVERYTHING, "measurements": []}
    compare(lambda m: m.Workspace(nothing, validate=False).get_measurement(), raises="InvalidMeasurement")


def test_equality():
    compare(lambda m: (m.Workspace(EVERYTHING) == m.Workspace(EVERYTHING), m.Workspace(EVERYTHING) == EVERYTHING, m.Workspace(EVERYTHING) != m.Workspace(OTHER)))
    assert outcome(lambda m: hash(m.Workspace(EVERYTHING)), ours) == outcome(lambda m: hash(m.Workspace(EVERYTHING)), real)


@pytest.mark.parametrize("as_patch", [False, True])
def test_patched_models(as_patch):
    import jsonpatch

    operations = [{"op": "replace", "path": "/channels/0/samples/0/data", "value": [9.0, 8.0, 7.0]}]
    patch = jsonpatch.JsonPatch(operations) if as_patch else operations

    def answer(m):
        w = m.Workspace(EVERYTHING)
        pdf = w.model(patches=[patch])
        return pdf.logpdf(pdf.config.suggested_init(), w.data(pdf)), dict(w) == EVERYTHING

    compare(answer)


def patchset(**changes):
    patches = [{"metadata": {"name": f"point_{i}", "values": [100 * i, 50]},
                "patch": [{"op": "replace", "path": "/channels/0/samples/0/data/0", "value": float(i)}]} for i in (1, 2)]
    spec = {"metadata": {"references": {"hepdata": "ins1234567"}, "description": "two points", "labels": ["m1", "m2"],
                         "digests": {"sha256": real.utils.digest(EVERYTHING), "md5": real.utils.digest(EVERYTHING, algorithm="md5")}},
            "patches": patches, "version": "1.0.0"}
    spec["metadata"].update(changes.pop("metadata", {}))
    for where, value in changes.items():
        spec["patches"][0]["metadata"][where] = value
    return spec


@pytest.mark.parametrize("attribute", ["version", "metadata", "references", "description", "digests", "labels"])
def test_patchset_attributes(attribute):
    compare(lambda m: getattr(m.PatchSet(patchset()), attribute))


@pytest.mark.parametrize("key", ["point_1", "point_2", (100, 50), [200, 50], "nothing", (1, 2)], ids=str)
def test_patchset_lookup(key):
    raises = "InvalidPatchLookup" if key in ("nothing", (1, 2)) else False
    compare(lambda m: (m.PatchSet(patchset())[key].name, m.PatchSet(patchset())[key].values, m.PatchSet(patchset())[key].patch), raises=raises)
    compare(lambda m: document(m.PatchSet(patchset()).apply(m.Workspace(EVERYTHING), key)), raises=raises)


@pytest.mark.parametrize("changes", [
    {"name": "point_2"}, {"values": [200, 50]}, {"values": [1]}, {"name": "not valid"}, {"metadata": {"digests": {}}}, {"metadata": {"labels": []}},
    {"metadata": {"references": {"hepdata": "12"}}}, {"metadata": {"extra": 1}}, {"metadata": {"digests": {"sha1": "ab"}}},
], ids=str)
def test_patchsets_that_are_wrong(changes):
    compare(lambda m: len(m.PatchSet(patchset(**changes))), raises=True)


def parts_of_a_patchset(spec):
    yield spec
    yield spec["metadata"]
    yield spec["metadata"]["references"]
    yield spec["metadata"]["digests"]
    yield spec["patches"][0]
    yield spec["patches"][0]["metadata"]
    yield spec["patches"][0]["patch"][0]


def mutations_of_a_patchset():
    for i, part in enumerate(parts_of_a_patchset(patchset())):
        for key in [*part, "unknown", "from"]:
            for value in ("absent", None, "text", "1.0.0", "ins1", "ins12345678", "ab" * 16, "AB" * 16, "remove", "move", "copy", "test", 3, [], ["1.0.0"], ["text"],
                          [1.0, 2.0], {}, {"hepdata": "ins1"}, True):
                yield i, key, value


@pytest.mark.parametrize("part", range(7))
def test_what_validation_of_patchsets_refuses(part):
    """As of workspaces; a specification that is no object at all is left out."""
    for where, key, value in mutations_of_a_patchset():
        if where != part:
            continue
        spec = patchset()
        target = list(parts_of_a_patchset(spec))[part]
        target.pop(key, None) if value == "absent" else target.update({key: value})
        expected, found = (outcome(lambda m, spec=spec: [(p.name, p.values) for p in m.PatchSet(spec)], m) for m in (real, ours))
        assert expected == found, (key, value)


def test_patchsets_as_sequences():
    compare(lambda m: [p.name for p in m.PatchSet(patchset())] + [len(m.PatchSet(patchset())), list(m.PatchSet(patchset()))[0] == m.PatchSet(patchset())["point_1"]])
    compare(lambda m: m.PatchSet(patchset()).verify(OTHER), raises="PatchSetVerificationError")
    # Differs from pyhf: it takes a patch of this name for a duplicate.
    assert ours.PatchSet(patchset(name="values"))["values"].name == "values"


def test_a_patch_is_a_json_patch():
    import jsonpatch

    patch = ours.PatchSet(patchset())["point_2"]
    assert isinstance(patch, jsonpatch.JsonPatch)
    assert jsonpatch.apply_patch(EVERYTHING, patch)["channels"][0]["samples"][0]["data"][0] == 2.0


def broken(change):
    spec = copy.deepcopy(EVERYTHING)
    change(spec)
    return spec


def parts(spec):
    yield spec
    yield spec["channels"][0]
    yield spec["channels"][0]["samples"][0]
    yield spec["channels"][0]["samples"][0]["modifiers"][0]
    yield spec["channels"][0]["samples"][1]["modifiers"][1]["data"]
    yield spec["observations"][0]
    yield spec["measurements"][0]
    yield spec["measurements"][0]["config"]
    yield spec["measurements"][0]["config"]["parameters"][0]


def mutations():
    for i, part in enumerate(parts(copy.deepcopy(EVERYTHING))):
        for key in [*part, "unknown"]:
            for value in ("absent", None, "text", 3, [], [1.0], ["text"], {}, True, float("nan")):
                if key == "unknown" and value != 3:
                    continue
                yield i, key, value


@pytest.mark.parametrize("part", range(9))
def test_what_validation_refuses(part):
    """Every key of every kind of object taken away and replaced by something else: both refuse the same documents."""
    for where, key, value in mutations():
        if where != part:
            continue
        spec = copy.deepcopy(EVERYTHING)
        target = list(parts(spec))[part]
        target.pop(key, None) if value == "absent" else target.update({key: value})
        expected, found = (outcome(lambda m: m.Workspace(spec) and None, m) for m in (real, ours))
        assert expected == found, (key, value)
        expected, found = (outcome(lambda m: m.Workspace(spec, validate=False).model(validate=False).config.par_order, m) for m in (real, ours))
        if expected[0] == "value":
            assert found == expected, (key, value)


def test_the_error_of_a_specification_says_where():
    spec = broken(lambda s: s["channels"][0]["samples"][0].update(data="text"))

    def answer(m):
        try:
            m.Workspace(spec)
        except m.exceptions.InvalidSpecification as error:
            return error.path, error.instance, error.schema, str(error)

    compare(answer)


@pytest.mark.parametrize("change", [
    lambda s: s["channels"][0]["samples"][0]["data"].append(1.0),
    lambda s: s["channels"][0]["samples"][1]["modifiers"][2]["data"].append(1.0),
    lambda s: s["channels"][0]["samples"][1]["modifiers"][1]["data"]["hi_data"].append(1.0),
    lambda s: s["channels"][0]["samples"][2]["modifiers"].append({"name": "uf", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}),
    lambda s: s["channels"][0]["samples"][1]["modifiers"].append({"name": "uf", "type": "shapesys", "data": [1.0, 1.0, 1.0]}),
    lambda s: s["channels"][0]["samples"][1]["modifiers"].append({"name": "mu", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}),
    lambda s: s["measurements"][0]["config"].update(poi="nothing"),
    lambda s: s["measurements"][0]["config"].update(poi="uf"),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "nothing", "inits": [1.0]}),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "mu", "inits": [1.0, 2.0]}),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "mu", "auxdata": [1.0]}),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "lumi", "inits": [1.0]}),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "uf", "fixed": False}),
    lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "uf", "factors": [1.0, 2.0, 3.0]}),
    lambda s: s["measurements"][0]["config"]["parameters"].pop(0),
    lambda s: s["channels"][0]["samples"][0]["modifiers"].append({"name": "lumi", "type": "normfactor", "data": None}),
    lambda s: s["observations"].pop(),
    lambda s: s["observations"][0]["data"].append(1.0),
    lambda s: s["channels"][0]["samples"][0].update(data=np.array([1.0, 2.0, 3.0])),
], ids=range(19))
def test_models_of_odd_specifications(change):
    spec = broken(change)

    def answer(m):
        w = m.Workspace(spec)
        pdf = w.model()
        x = np.array(pdf.config.suggested_init())
        return pdf.config.par_names, pdf.config.suggested_bounds(), pdf.config.auxdata, pdf.logpdf(x * 1.01, [1.0] * pdf.config.nmaindata + pdf.config.auxdata), w.data(pdf)

    compare(answer, raises=True)


def test_shapefactors_that_do_not_fit():
    # Differs from pyhf: it multiplies the surplus bins with the model's first parameter.
    spec = {"channels": [{"name": "a", "samples": [sample("s", [1.0], ("f", "shapefactor", None))]},
                         {"name": "b", "samples": [sample("s", [3.0, 4.0], ("f", "shapefactor", None))]}]}
    assert outcome(lambda m: m.Model(spec, poi_name=None), ours) == ("raises", "InvalidModel")
