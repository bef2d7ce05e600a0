# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""impacts: what it prints, and what it refuses."""

import json

import pytest
from test_pictures import calls, python  # noqa: F401


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def test_impacts_are_made_of_fits(answer, search):
    result = answer("impacts", *search)
    best = answer("fit", *search)
    assert result["poi"] == "mu" and result["best"] == pytest.approx(best["mle_parameters"]["mu"][0], rel=1e-9)
    assert result["uncertainty"] == pytest.approx(best["uncertainties"]["mu"][0], rel=1e-9)
    assert result["twice_nll"] == pytest.approx(best["twice_nll"], rel=1e-13)
    assert {i["parameter"] for i in result["impacts"]} == {"JES", "mu_top", "staterror_SR[0]", "staterror_SR[1]", "fakes_SR[0]", "fakes_SR[1]"}
    n_compared = 0
    for impact in result["impacts"]:
        for kind in ("postfit", "prefit"):
            for side in ("up", "down"):
                entry = impact[kind][side]
                if entry is None:
                    assert impact["parameter"] == "mu_top" and kind == "prefit" and "unconstrained" in impact[kind]["reason"]
                    continue
                held = answer("fit", *search, "--fix", f"{impact['parameter']}={entry['at']!r}")
                shift = held["mle_parameters"]["mu"][0] - result["best"]
                assert entry["shift"] == pytest.approx(shift, abs=3e-6 * result["uncertainty"])
                n_compared += 1
    assert n_compared == 22
    sizes = [max(abs(i["postfit"][side]["shift"]) for side in ("up", "down")) for i in result["impacts"]]
    assert sizes == sorted(sizes, reverse=True)


def test_parts_add_up(answer, search):
    result = answer("impacts", *search, "--group", "all=*")
    total = result["uncertainty"]
    assert result["statistical"] ** 2 + result["systematic"] ** 2 == pytest.approx(total**2)
    assert sum(part**2 for part in result["by_data"].values()) == pytest.approx(total**2)
    linear = [i["global_observable"]["linear"] or 0.0 for i in result["impacts"]]
    assert sum(v**2 for v in linear) == pytest.approx(result["by_data"]["systematic"] ** 2)
    (group,) = result["groups"]
    assert len(group["parameters"]) == 6 and "mu" not in group["parameters"]
    assert group["by_data"] == pytest.approx(result["by_data"]["systematic"])


@pytest.mark.parametrize("pattern, members", [
    ("staterror_SR*", ["staterror_SR[0]", "staterror_SR[1]"]), ("*_SR[1]", ["staterror_SR[1]", "fakes_SR[1]"]), ("JES", ["JES"]),
    ("?ES", ["JES"]), ("*_*[?]", ["staterror_SR[0]", "staterror_SR[1]", "fakes_SR[0]", "fakes_SR[1]"]), ("*o*S*0*", ["staterror_SR[0]"]),
    ("m*", ["mu_top"])])
def test_patterns(answer, search, pattern, members):
    (group,) = answer("impacts", *search, "--linear", "--group", f"name={pattern}")["groups"]
    assert sorted(group["parameters"]) == sorted(members)


def test_of_some_on_any(answer, search):
    result = answer("impacts", *search, "--poi", "JES", "--parameter", "mu", "--parameter", "fakes_SR[0]", "--fix", "mu_top=1")
    assert result["poi"] == "JES" and sorted(i["parameter"] for i in result["impacts"]) == ["fakes_SR[0]", "mu"]
    assert result["by_data"]["own_constraint"] > 0
    assert "mu_top" not in [i["parameter"] for i in answer("impacts", *search, "--linear", "--fix", "mu_top=1")["impacts"]]


def test_linear_ones_agree_with_refits_where_it_is_linear(answer, search):
    exact, linear = answer("impacts", *search), answer("impacts", *search, "--linear")
    assert linear["n_fits"] == 1 and any("nothing was fitted again" in note for note in linear["notes"])
    by_name = {i["parameter"]: i for i in linear["impacts"]}
    for impact in exact["impacts"]:
        assert by_name[impact["parameter"]]["postfit"]["up"] is None
        assert by_name[impact["parameter"]]["postfit"]["linear"] == impact["postfit"]["linear"]


def test_jobs_change_nothing(answer, search):
    one, three = answer("impacts", *search), answer("impacts", *search, "--jobs", "3")
    for result in (one, three):
        del result["seconds"]
    assert one == three


def test_a_parameter_of_interest_at_its_bound(answer, files):
    document = json.loads(files.background.read_text())
    document["observations"][0]["data"] = [9, 1]
    result = answer("impacts", files.write("low.json", document), "--patch", files.patch)
    assert result["best"] == 0 and result["uncertainty"] == 0 and any("is at a bound" in note for note in result["notes"])
    assert all("ends at its bound" in i["postfit"]["up"]["reason"] for i in result["impacts"] if i["postfit"]["up"]["shift"] == 0)


@pytest.mark.parametrize("arguments, code, complaint", [
    (["--parameter", "nobody"], 2, "no parameter is called 'nobody'"),
    (["--parameter", "staterror_SR"], 2, "2 components"),
    (["--group", "MC=staterr0r*"], 2, "no nuisance parameter matches 'staterr0r*' (did you mean 'staterror_SR[0]'"),
    (["--group", "poi=mu"], 2, "no nuisance parameter matches 'mu'"),
    (["--group", "MC"], 1, "--group takes NAME=PATTERN"),
    (["--group", "=x"], 1, "--group takes NAME=PATTERN"),
    (["--top", "0"], 1, "--top"),
    (["--poi", "nobody"], 2, "nobody"),
    (["--parameter", "mu"], 3, "'mu' has no impact on itself"),
    (["--fix", "mu=1"], 3, "'mu' is held"),
    (["--fix", "JES=0", "--parameter", "JES"], 3, "'JES' is held"),
])
def test_requests_without_sense(relume, search, arguments, code, complaint):
    result = relume("impacts", *search, *arguments)
    assert result.returncode == code, result.stderr
    if code == 3:
        document = json.loads(result.stdout)
        assert document["status"] == "not_defined" and complaint in document["reason"]
        assert document["impacts"] == [] and document["uncertainty"] is None
    else:
        assert complaint in result.stderr, result.stderr


def test_without_a_parameter_of_interest(relume, answer, files):
    document = json.loads(relume("impacts", files.background).stdout)
    assert document["status"] == "not_defined" and "no parameter of interest" in document["reason"] and document["poi"] is None
    assert answer("impacts", files.background, "--poi", "mu_top")["status"] == "ok"


def test_tables(relume, search):
    table = relume("impacts", *search, "--format", "table", "--top", "2", "--group", "MC=staterror*").stdout
    assert "The largest 2 of 6" in table and "MC (2 parameters)" in table
    ranked = table.partition("The largest")[2]
    assert sum(name in ranked for name in ("JES", "mu_top", "staterror_SR[0]", "staterror_SR[1]", "fakes_SR[0]", "fakes_SR[1]")) == 2
    assert "not_defined" in relume("impacts", *search, "--format", "table", "--fix", "mu=1").stdout


def test_a_table_tells_each_reason_once(relume, files):
    document = json.loads(files.background.read_text())
    document["observations"][0]["data"] = [9, 1]
    table = relume("impacts", files.write("low.json", document), "--patch", files.patch, "--format", "table").stdout
    (told,) = [line for line in table.splitlines() if "ends at its bound" in line]
    assert told.startswith("* the parameter of interest ends at its bound (") and told.endswith(" more)")


def test_the_ranking_is_drawn(relume, search, python, tmp_path):  # noqa: F811
    picture = tmp_path / "ranking.pdf"
    result = relume("impacts", *search, "--top", "3", "--plot", picture, env=python(), cwd=tmp_path)
    assert result.returncode == 0 and picture.read_text() == "drawn", result.stderr
    assert all(" impacts " in call for call in calls(tmp_path))
    handed = json.loads((tmp_path / "record.stdin").read_text())
    assert handed["top"] == 3 and len(handed["impacts"]) == 6 and "top" not in json.loads(result.stdout)


def test_a_lower_minimum_found_on_the_way_starts_all_again(answer, shared):
    folder = shared / "data" / "histfactory-json" / "ATLAS-SUSY-2018-04_staus"
    model = [folder / "combined_BkgOnly.json", "--patchset", folder / "combined_BkgOnly_derived_patchset.json", "--point", "TStauStau_200_1", "--fix", "mu_SIG=1"]
    # The fit stops at mu_QCD near 1; without any of that background the likelihood has another, lower minimum.
    fit = answer("fit", *model)
    result = answer("impacts", *model, "--poi", "mu_QCD")
    assert result["status"] == "ok" and result["best"] == 0 and fit["mle_parameters"]["mu_QCD"][0] > 0.5
    assert result["twice_nll"] == pytest.approx(fit["twice_nll"] - 2.08, abs=0.01)
    assert any("was not the lowest" in note for note in result["notes"])


def test_parts_of_a_published_measurement(answer, shared):
    """830 +- 0.4 (stat.) +- 36 (syst.) +- 14 (lumi.) pb: ATLAS, Phys. Lett. B 810 (2020) 135797, arXiv:2006.13076, to the digits that are printed.

    The published likelihood is a pruned one: its other systematic uncertainties come out smaller.
    """
    workspace = shared / "data" / "histfactory-json" / "ATLAS-TOPQ-2020-02_ttbar_ljets" / "ttbar_ljets_xsec_inclusive_pruned.json"
    result = answer("impacts", workspace, "--parameter", "Lumi")
    nominal = 830 / result["best"]
    assert result["statistical"] * nominal == pytest.approx(0.4, abs=0.05)
    (lumi,) = result["impacts"]
    for side in (lumi["postfit"]["up"], lumi["postfit"]["down"]):
        assert abs(side["shift"]) * nominal == pytest.approx(14, abs=0.8)  # printed once, for both sides


def test_a_parameter_of_interest_at_its_bound(answer, relume, search):
    ask = ["impacts", *search, "--asimov-data", "a-priori", "--inject", "mu=-0.5"]
    result = answer(*ask)
    assert result["best"] == 0 and result["uncertainty"] == 0 and any("'mu' is at a bound" in note for note in result["notes"])
    table = relume(*ask, "--format", "table").stdout
    assert "mu = 0 ± -\n" in table and "'mu' is at a bound" in table
    (total,) = (line for line in table.splitlines() if line.startswith("total"))
    assert total.split() == ["total", "-", "-"]
