# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""goodness: what it prints, and what it refuses."""

import json

import pytest


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def test_the_parts_add_up(answer, search):
    result = answer("goodness", *search)
    assert result["status"] == "ok" and result["toys"] is None and "compatibility" not in result
    assert result["t"] == pytest.approx(sum(c["t"] for c in result["channels"]) + result["t_constraints"], rel=1e-10)
    assert [c["name"] for c in result["channels"]] == ["CR", "SR"]
    for channel in result["channels"]:
        assert channel["t"] == pytest.approx(sum(b["t"] for b in result["bins"] if b["channel"] == channel["name"]), rel=1e-10)
    counted = result["counted"]
    assert counted == {"bins": 3, "constraints": 5, "parameters": 7, "flat": 0} and result["degrees_of_freedom"] == 1
    best = answer("fit", *search)
    assert result["twice_nll"] == pytest.approx(best["twice_nll"], rel=1e-13)


def test_held_parameters_are_not_counted(answer, search):
    result = answer("goodness", *search, "--fix", "mu=0", "--fix", "JES=1")
    assert result["counted"] == {"bins": 3, "constraints": 4, "parameters": 5, "flat": 0}


def test_toys_are_the_same_for_any_number_of_threads(answer, search):
    one, two = (answer("goodness", *search, "--toys", 200, "--values", "--seed", 3, "--jobs", jobs) for jobs in (1, 2))
    assert one["toys"]["n_toys"] == 200
    assert one["toys"] == two["toys"] and len(one["toys"]["t"]) == 200 and one["toys"]["n_failed"] == 0
    share = sum(t >= one["t"] for t in one["toys"]["t"]) / 200
    assert one["toys"]["p_value"] == pytest.approx(share)
    assert "t" not in answer("goodness", *search, "--toys", 10)["toys"]


def test_channels(answer, files):
    document = json.loads(files.background.read_text())
    for channel in document["channels"]:  # the signal in both
        channel["samples"].append({"name": "signal", "data": [3.0] * len(channel["samples"][0]["data"]),
                                   "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]})
    both = files.write("both.json", document)
    result = answer("goodness", both, "--compatibility")["compatibility"]
    assert result["status"] == "ok" and result["degrees_of_freedom"] == 1 and 0 < result["p_value"] <= 1
    # The same from the edited workspace, by hand, in fits without bounds that matter.
    wide = {"name": "mu", "bounds": [[-40, 40]]}
    document["measurements"][0]["config"]["parameters"] = [wide]
    common = answer("fit", files.write("common.json", document))
    for channel in document["channels"]:
        channel["samples"][-1]["modifiers"][0]["name"] = f"mu_{channel['name']}"
    document["measurements"][0]["config"] = {"poi": "", "parameters": [wide | {"name": "mu_SR"}, wide | {"name": "mu_CR"}]}
    separate = answer("fit", files.write("separate.json", document))
    assert result["t"] == pytest.approx(common["twice_nll"] - separate["twice_nll"], abs=1e-8)
    assert result["best"] == pytest.approx(common["mle_parameters"]["mu"][0], rel=1e-5)
    for entry in result["channels"]:
        assert entry["parameter"] == f"mu_{entry['channel']}"
        assert entry["best"] == pytest.approx(separate["mle_parameters"][entry["parameter"]][0], rel=1e-5)
        assert entry["uncertainty"] == pytest.approx(separate["uncertainties"][entry["parameter"]][0], rel=1e-4)
    one = answer("goodness", both, "--compatibility", "--drop-channel", "CR")["compatibility"]
    assert [c["channel"] for c in one["channels"]] == ["SR"] and one["p_value"] is None


def test_tables(relume, search):
    result = relume("goodness", *search, "--format", "table", "--toys", 50, "--compatibility")
    assert result.returncode == 0 and all(word in result.stdout for word in ("degrees of freedom", "chi-squared", "50 toys", "pull", "mu_SR"))


def test_what_is_refused(relume, files, search):
    for options in (["--seed", 1], ["--jobs", 2], ["--values"]):
        result = relume("goodness", *search, *options)
        assert result.returncode == 1 and "--toys" in result.stderr
    assert relume("goodness", *search, "--toys", 0).returncode == 1
    result = relume("goodness", files.background, "--compatibility")
    assert result.returncode == 1 and "--poi" in result.stderr
    result = relume("goodness", *search, "--compatibility", "--poi", "JES")
    assert result.returncode == 2 and "no normfactor is called 'JES'" in result.stderr


def test_a_question_without_an_answer_is_a_status(answer, search):
    result = answer("goodness", *search, "--compatibility", "--fix", "mu=1", code=3)
    assert result["status"] == "ok" and result["compatibility"]["status"] == "not_defined" and "mu" in result["compatibility"]["reason"]
