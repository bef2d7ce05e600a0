# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""scan and intervals: what they print, and what they refuse."""

import json

import pytest


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def test_scan_is_made_of_fits(answer, search):
    scan = answer("scan", *search, "--from", 0.5, "--to", 2.5, "--points", 5)
    assert scan["parameter"] == "mu" and [p["value"] for p in scan["points"]] == [0.5, 1.0, 1.5, 2.0, 2.5]
    best = answer("fit", *search)
    assert scan["twice_nll"] == pytest.approx(best["twice_nll"], rel=1e-13)
    for point in scan["points"]:
        held = answer("fit", *search, "--fix", f"mu={point['value']}")
        assert point["twice_delta_nll"] == pytest.approx(held["twice_nll"] - best["twice_nll"], abs=1e-8)


def test_scan_of_a_nuisance_parameter(answer, search):
    scan = answer("scan", *search, "--parameter", "JES", "--points", 3)
    first, middle, last = scan["points"]
    assert first["twice_delta_nll"] == pytest.approx(9, abs=0.2) and last["twice_delta_nll"] == pytest.approx(9, abs=0.2)
    assert answer("scan", *search, "--parameter", "staterror_SR[1]", "--points", 2)["parameter"] == "staterror_SR[1]"


def test_intervals_end_where_the_scan_has_risen(answer, search):
    for level, height in ((None, 1.0), (0.95, 3.841458820694124)):
        result = answer("intervals", *search, *([] if level is None else ["--level", level]))
        assert result["height"] == pytest.approx(height, rel=1e-12)
        free = [i for i in result["intervals"] if i["lower"] is not None and i["upper"] is not None]
        assert len(free) >= 6
        for interval in free:
            ends = answer("scan", *search, "--parameter", interval["parameter"], "--points", 2, "--from", interval["lower"], "--to", interval["upper"])
            assert [p["twice_delta_nll"] for p in ends["points"]] == pytest.approx([height, height], rel=1e-5), interval
        assert {i["parameter"] for i in result["intervals"]} >= {"mu", "JES", "mu_top", "staterror_SR[0]", "fakes_SR[1]"}


def test_intervals_of_some(answer, search):
    result = answer("intervals", *search, "--parameter", "JES", "--parameter", "mu", "--fix", "mu_top=1")
    assert [i["parameter"] for i in result["intervals"]] == ["JES", "mu"]
    all_others = answer("intervals", *search, "--fix", "mu_top=1")
    assert "mu_top" not in [i["parameter"] for i in all_others["intervals"]]


def test_an_end_at_a_bound_says_so(answer, files, search):
    document = json.loads(files.background.read_text())
    document["observations"][0]["data"] = [9, 1]
    low = files.write("low.json", document)
    (interval,) = answer("intervals", low, "--patch", files.patch, "--parameter", "mu")["intervals"]
    assert interval["lower"] is None and interval["lower_reason"] == "at the bound of the parameter" and interval["upper"] > 0


def test_background_only_models_have_profiles_too(answer, relume, files):
    assert answer("intervals", files.background)["status"] == "ok"
    assert answer("scan", files.background, "--parameter", "JES")["status"] == "ok"
    result = relume("scan", files.background)
    assert result.returncode == 1 and "--parameter" in result.stderr


@pytest.mark.parametrize("arguments, code, complaint", [
    (["scan", "--parameter", "nobody"], 2, "no parameter is called 'nobody'"),
    (["scan", "--from", 1], 1, "--from and --to come together"),
    (["scan", "--from", 2, "--to", 1], 1, "an empty range"),
    (["scan", "--points", 1], 1, "--points"),
    (["scan", "--parameter", "mu", "--parameter", "JES", "--from", 0, "--to", 1], 1, "once for each parameter"),
    (["scan", "--parameter", "mu", "--parameter", "JES", "--parameter", "mu_top"], 1, "once or twice"),
    (["scan", "--parameter", "mu", "--parameter", "JES", "--points", 3000], 1, "a grid of 9e+06 points"),
    (["contour", "--parameter", "mu"], 1, "--parameter twice"),
    (["contour", "--parameter", "mu", "--parameter", "nobody"], 2, "no parameter is called 'nobody'"),
    (["contour", "--parameter", "mu", "--parameter", "JES", "--level", 1], 1, "--level"),
    (["test"], 1, "--at"),
    (["test", "--at", "mu"], 1, "--at"),
    (["test", "--at", "mu=1", "--fix", "mu=1"], 3, ""),
    (["intervals", "--parameter", "staterror_SR"], 2, "staterror_SR"),
    (["intervals", "--level", 1], 1, "--level"),
    (["intervals", "--parameter", "mu", "--fix", "mu=1"], 3, ""),
])
def test_requests_without_sense(relume, search, arguments, code, complaint):
    result = relume(arguments[0], *search, *arguments[1:])
    assert result.returncode == code and complaint in result.stderr, result.stderr
    if code == 3:
        assert "'mu' is held" in json.loads(result.stdout)["reason"]


def test_a_grid_is_made_of_fits(answer, search):
    grid = answer("scan", *search, "--parameter", "mu", "--parameter", "JES", "--from", 0.5, "--to", 2.5, "--from", -1, "--to", 1, "--points", 3)
    assert grid["parameters"] == ["mu", "JES"] and [p["values"] for p in grid["points"]][:4] == [[0.5, -1], [0.5, 0], [0.5, 1], [1.5, -1]]
    best = answer("fit", *search)
    for point in grid["points"]:
        held = answer("fit", *search, "--fix", f"mu={point['values'][0]}", "--fix", f"JES={point['values'][1]}")
        assert point["twice_delta_nll"] == pytest.approx(held["twice_nll"] - best["twice_nll"], abs=1e-8)


def test_contours_lie_at_their_height(answer, search):
    result = answer("contour", *search, "--parameter", "mu", "--parameter", "mu_top", "--level", 0.5, "--points", 7)
    assert result["parameters"] == ["mu", "mu_top"]
    (contour,) = result["contours"]
    assert contour["height"] == pytest.approx(1.3862943611198906, rel=1e-12)  # -2 ln(1 - 0.5)
    for point in contour["points"]:
        test = answer("test", *search, "--at", f"mu={point['x']!r}", "--at", f"mu_top={point['y']!r}")
        assert test["degrees_of_freedom"] == 2
        if point.get("at_bound"):
            assert test["t"] < contour["height"]
        else:
            assert test["t"] == pytest.approx(contour["height"], rel=1e-3) and test["p_value"] == pytest.approx(0.5, abs=1e-3)


def test_a_nuisance_parameter_of_interest_keeps_its_constraint(answer, search):
    test = answer("test", *search, "--at", "JES=3")
    held, best = answer("fit", *search, "--fix", "JES=3"), answer("fit", *search)
    assert test["t"] == pytest.approx(held["twice_nll"] - best["twice_nll"], abs=1e-8) and test["t"] > 4
    promoted = answer("fit", *search, "--poi", "JES")
    assert promoted["twice_nll"] == pytest.approx(best["twice_nll"], rel=1e-13) and promoted["mle_parameters"] == best["mle_parameters"]
    limit = answer("cls", *search, "--poi", "JES", "--test-stat", "t", "--test-poi", 3)
    assert limit["test_statistic"]["q"] == pytest.approx(test["t"], abs=1e-7)


def test_tables(relume, search):
    assert "-2 delta ln L" in relume("scan", *search, "--points", 3, "--format", "table").stdout
    assert "contour" in relume("contour", *search, "--parameter", "mu", "--parameter", "JES", "--points", 4, "--format", "table").stdout
    assert "2 degrees of freedom" in relume("test", *search, "--at", "mu=1", "--at", "JES=0", "--format", "table").stdout
    table = relume("intervals", *search, "--format", "table").stdout
    assert "minus" in table and "staterror_SR[1]" in table


def test_a_lower_minimum_found_on_the_way_starts_all_again(answer, shared):
    folder = shared / "data" / "histfactory-json" / "ATLAS-SUSY-2018-04_staus"
    model = [folder / "combined_BkgOnly.json", "--patchset", folder / "combined_BkgOnly_derived_patchset.json", "--point", "TStauStau_200_1", "--fix", "mu_SIG=1"]
    # The fit stops at mu_QCD near 1; without any of that background the likelihood has another, lower minimum.
    fit = answer("fit", *model)
    assert fit["mle_parameters"]["mu_QCD"][0] > 0.5
    scan = answer("scan", *model, "--parameter", "mu_QCD", "--from", 0, "--to", 1.5, "--points", 7)
    assert scan["best"] == 0 and scan["twice_nll"] == pytest.approx(fit["twice_nll"] - 2.08, abs=0.01)
    assert any("was not the lowest" in note for note in scan["notes"])
    heights = [p["twice_delta_nll"] for p in scan["points"]]
    assert heights[0] == 0 and all(h >= 0 for h in heights) and min(heights[1:]) > 0.5
    for point in scan["points"]:
        held = answer("fit", *model, "--fix", f"mu_QCD={point['value']}")  # from the initial values; a neighbour may lead lower
        assert point["twice_delta_nll"] <= held["twice_nll"] - scan["twice_nll"] + 1e-6


@pytest.mark.parametrize("arguments, option", [
    (["intervals", "--parameter", "nobody"], "--parameter"), (["intervals", "--parameter", "nobody", "--calctype", "toybased"], "--parameter"),
    (["scan", "--parameter", "nobody"], "--parameter"), (["contour", "--parameter", "mu", "--parameter", "nobody"], "--parameter"),
    (["test", "--at", "nobody=1"], "--at"), (["impacts", "--parameter", "nobody"], "--parameter"), (["fit", "--poi", "nobody"], "--poi")])
def test_messages_name_the_option(relume, search, arguments, option):
    result = relume(arguments[0], *search, *arguments[1:])
    assert result.returncode == 2 and f"relume: {option}: no parameter is called 'nobody'" in result.stderr, result.stderr
