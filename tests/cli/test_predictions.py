# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Channel masks, yields and Asimov data: what they print, and what they refuse."""

import json

import pytest


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def answer_of(document):
    """What a run measured of itself, and so may differ between two of them."""
    if isinstance(document, dict):
        return {k: answer_of(v) for k, v in document.items() if not k.endswith("seconds")}
    return [answer_of(v) for v in document] if isinstance(document, list) else document


COMMANDS = [
    ["fit", "--covariance"], ["cls"], ["limit"], ["significance"], ["scan", "--parameter", "mu", "--points", 3], ["intervals", "--parameter", "mu"],
    ["toys", "--toys", 20], ["nll"], ["yields"], ["yields", "--prefit"], ["contour", "--parameter", "mu", "--parameter", "JES", "--points", 8],
    ["test", "--at", "mu=1"], ["limit", "--calctype", "toybased", "--toys", 50], ["intervals", "--parameter", "mu", "--calctype", "toybased", "--toys", 50],
    ["impacts"], ["goodness", "--toys", 20], ["goodness", "--compatibility"], ["posterior"],
]


@pytest.mark.parametrize("command", COMMANDS)
def test_data_that_are_left_out_change_no_bit(relume, files, search, command):
    """The control region of one workspace is absurd; its own fit would show it."""
    document = json.loads(files.background.read_text())
    document["observations"][1]["data"] = [87654]
    other = files.write("other.json", document)
    one = relume(command[0], *search, *command[1:], "--mask-channel", "CR")
    two = relume(command[0], other, *search[1:], *command[1:], "--mask-channel", "CR")
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    assert answer_of(json.loads(one.stdout)) == answer_of(json.loads(two.stdout))
    assert "the data of 'CR' are not used" in " ".join(json.loads(one.stdout)["notes"]) and "87654" not in two.stdout
    without_mask = relume(command[0], other, *search[1:], *command[1:])
    assert answer_of(json.loads(without_mask.stdout)) != answer_of(json.loads(one.stdout))


def test_only_is_the_opposite_of_mask(answer, search):
    masked, only = answer("fit", *search, "--mask-channel", "CR"), answer("fit", *search, "--only-channel", "SR")
    assert answer_of(masked) == answer_of(only)
    dropped = answer("fit", *search, "--drop-channel", "CR")
    for name, values in dropped["mle_parameters"].items():
        assert masked["mle_parameters"][name] == pytest.approx(values, abs=1e-6), name
    assert masked["twice_nll"] == pytest.approx(dropped["twice_nll"], abs=1e-9)  # all constrained parameters act in SR too


def test_a_fit_of_the_control_region_predicts_the_signal_region(answer, search):
    yields = answer("yields", *search, "--only-channel", "CR", "--fix", "JES=0")
    assert any("'mu' acts in masked channels only" in note for note in yields["notes"])
    by_name = {c["name"]: c for c in yields["channels"]}
    k, sigma = 204 / 210, 204**0.5 / 210
    sr = by_name["SR"]
    top = next(s for s in sr["samples"] if s["name"] == "top")
    assert top["yields"] == pytest.approx([12 * k, 4 * k], rel=1e-6)
    # mu_top from the control region; Monte Carlo statistics of 0.9 / 12 and 0.5 / 4 as their constraint has them
    assert top["uncertainties"] == pytest.approx([((12 * sigma) ** 2 + (0.9 * k) ** 2) ** 0.5, ((4 * sigma) ** 2 + (0.5 * k) ** 2) ** 0.5], rel=1e-6)
    assert by_name["CR"]["total"]["sum_uncertainty"] == pytest.approx(204**0.5, rel=1e-6)
    assert sr["is_masked"] and sr["data"] is None and sr["data_sum"] is None and by_name["CR"]["data"] == [204]
    shown = answer("yields", *search, "--only-channel", "CR", "--unblind")
    assert next(c for c in shown["channels"] if c["name"] == "SR")["data"] == [16, 5]


def test_a_table_does_not_show_what_is_blinded(relume, search):
    table = relume("yields", *search, "--only-channel", "CR", "--format", "table").stdout
    assert "blinded" in table and "--unblind shows them" in table and "204" in table
    assert "blinded" not in relume("yields", *search, "--format", "table").stdout
    assert "blinded" not in relume("yields", *search, "--only-channel", "CR", "--unblind", "--format", "table").stdout
    nll = json.loads(relume("nll", *search, "--mask-channel", "SR").stdout)
    assert nll["observed_data"] == {"CR": [204], "SR": None}
    table = relume("nll", *search, "--mask-channel", "SR", "--format", "table").stdout
    assert [line.split()[-1] for line in table.splitlines() if line.startswith("SR ")] == ["-", "-"]


def test_yields_sum_up(answer, search):
    yields = answer("yields", *search, "--covariance")
    total = sum(c["total"]["sum"] for c in yields["channels"])
    assert yields["sum"] == pytest.approx(total, rel=1e-12) == pytest.approx(sum(s["sum"] for s in yields["samples"]), rel=1e-12)
    bins = yields["covariance"]["bins"]
    assert bins["labels"] == ["CR[0]", "SR[0]", "SR[1]"]
    assert sum(map(sum, bins["matrix"])) ** 0.5 == pytest.approx(yields["sum_uncertainty"], rel=1e-9)
    assert [bins["correlation"][i][i] for i in range(3)] == pytest.approx([1, 1, 1])
    assert yields["covariance"]["channels"]["labels"] == ["CR", "SR"]
    sr = answer("yields", *search, "--channel", "SR")
    assert [c["name"] for c in sr["channels"]] == ["SR"]
    assert sr["sum_uncertainty"] == pytest.approx(yields["covariance"]["channels"]["matrix"][1][1] ** 0.5, rel=1e-9)
    signal = [s for s in yields["samples"] if s["is_signal"]]
    assert [s["name"] for s in signal] == ["signal"] and yields["channels"][0]["background"] is None
    sr = yields["channels"][1]
    others = [s["yields"] for s in sr["samples"] if not s["is_signal"]]
    assert len(others) == 2 and sr["background"]["yields"] == pytest.approx([sum(bin) for bin in zip(*others, strict=True)], rel=1e-12)


def test_asimov_data_give_back_what_was_injected(answer, search):
    for strength in (0.0, 0.5, 2.0):
        fit = answer("fit", *search, "--asimov-data", "a-priori", "--inject", f"mu={strength}")
        assert fit["mle_parameters"]["mu"] == [pytest.approx(strength, abs=1e-5)]
        assert f"expected with mu = {strength:g}, all others from initial values" in " ".join(fit["notes"])
    fit = answer("fit", *search, "--asimov-data", "a-posteriori", "--inject", "mu=1")
    held = answer("fit", *search, "--fix", "mu=1")
    for name, values in held["mle_parameters"].items():
        assert fit["mle_parameters"][name] == pytest.approx(values, abs=1e-4), name
    best = answer("fit", *search)  # nothing injected: the best fit is what is expected
    again = answer("fit", *search, "--asimov-data", "a-posteriori")
    assert again["mle_parameters"]["mu"] == pytest.approx(best["mle_parameters"]["mu"], abs=1e-4)


def test_asimov_data_go_into_tests_limits_and_yields(answer, search):
    # On the data that it expects without signal, a limit is its own median.
    limit = answer("limit", *search, "--asimov-data", "a-priori", "--inject", "mu=0")
    assert limit["observed"] == pytest.approx(limit["expected"][2], rel=1e-5)
    test = answer("significance", *search, "--asimov-data", "a-priori", "--inject", "mu=1", "--asimov", "a-priori")
    assert test["significance_obs"] == pytest.approx(test["significance_exp"], rel=1e-6)
    yields = answer("yields", *search, "--asimov-data", "a-priori", "--inject", "mu=2")
    sr = next(c for c in yields["channels"] if c["name"] == "SR")
    assert sr["data"] == pytest.approx([12 + 3 + 2 * 4, 4 + 1 + 2 * 2.8]) and sr["total"]["yields"] == pytest.approx(sr["data"], abs=1e-4)
    scan = answer("scan", *search, "--asimov-data", "a-priori", "--inject", "mu=1", "--from", 0, "--to", 2, "--points", 3)
    assert scan["points"][1]["twice_delta_nll"] == pytest.approx(0, abs=1e-9)


def test_asimov_data_of_every_point(answer, files):
    result = answer("cls", files.background, "--patchset", files.patchset, "--asimov-data", "a-priori", "--inject", "mu=0", "--mask-channel", "CR")
    assert result["n_usable"] == 5
    for point in result["results"]:
        assert point["CLs_obs"] == pytest.approx(point["CLs_exp"][2], rel=1e-3)


@pytest.mark.parametrize("command", [
    ["cls"], ["limit"], ["significance"], ["significance", "--calctype", "toybased", "--toys", 20], ["toys", "--toys", 20], ["fit"],
    ["scan", "--points", 3], ["intervals"], ["contour", "--parameter", "mu", "--parameter", "JES", "--points", 8], ["test", "--at", "mu=1"],
    ["impacts"], ["yields"], ["goodness"], ["posterior"], ["nll"]], ids=lambda c: "-".join(map(str, c[:2])))
def test_asimov_data_are_said_to_be_such(relume, search, command):
    name, *more = command
    asked = relume(name, *search, *more, "--asimov-data", "a-priori", "--inject", "mu=0.5", "--format", "json")
    note = "the data are a-priori Asimov data, expected with mu = 0.5, all others from initial values"
    document = json.loads(asked.stdout)
    assert document["notes"].count(note) == 1
    if name != "nll":
        assert {"status", "reason", "seconds"} <= document.keys()
        table = relume(name, *search, *more, "--asimov-data", "a-priori", "--inject", "mu=0.5", "--format", "table").stdout
        assert table.count("note: " + note) == 1


@pytest.mark.parametrize("value, words", [(20, "--inject: mu = 20 is above 10, the upper bound"), (-1, "--inject: mu = -1 is below 0, the lower bound"),
                                          (10, None), (0, None)])
def test_injection_beyond_a_bound_is_noted(answer, search, value, words):
    notes = [n for n in answer("fit", *search, "--asimov-data", "a-priori", "--inject", f"mu={value}")["notes"] if n.startswith("--inject")]
    assert len(notes) == (words is not None) and all(words in n for n in notes)


def test_bins_count_from_0(relume, search):
    table = relume("yields", *search, "--format", "table").stdout
    assert "SR bin 0" in table and "SR bin 1" in table and "SR bin 2" not in table


@pytest.mark.parametrize("arguments, code, complaint", [
    (["fit", "--mask-channel", "nothing"], 2, "--mask-channel: no channel is called 'nothing'"),
    (["fit", "--only-channel", "SRR"], 2, "did you mean 'SR'"),
    (["yields", "--channel", "SRR"], 2, "--channel: no channel is called 'SRR'"),
    (["fit", "--mask-channel", "SR", "--mask-channel", "CR"], 1, "all channels are masked"),
    (["fit", "--mask-channel", "SR", "--only-channel", "CR"], 1, "give one of them"),
    (["fit", "--inject", "mu=1"], 1, "--asimov-data KIND is missing"),
    (["fit", "--asimov-data", "a-priori", "--inject", "nobody=1"], 2, "no parameter is called 'nobody'"),
    (["fit", "--asimov-data", "a-priori", "--inject", "mu=1", "--inject", "mu=2"], 1, "'mu' is given twice"),
    (["fit", "--asimov-data", "a-priori", "--inject", "mu=-50"], 3, "the Asimov data would be negative"),
    (["yields", "--prefit", "--postfit"], 1, "exclude each other"),
    (["yields", "--propagation", "quadratic"], 1, "--propagation"),
])
def test_requests_without_sense(relume, search, arguments, code, complaint):
    result = relume(arguments[0], *search, *arguments[1:])
    assert result.returncode == code and complaint in result.stderr and result.stdout == "", result.stderr


@pytest.mark.parametrize("command", ["cls", "limit", "significance", "toys"])
def test_a_signal_that_nobody_looks_for_is_no_sensitivity(answer, search, command):
    result = answer(command, *search, "--only-channel", "CR", code=3)
    assert result["status"] == "no_sensitivity" and "'mu' acts in masked channels only" in result["reason"]


def test_profiles_of_what_nobody_looks_at(answer, search):
    scan = answer("scan", *search, "--only-channel", "CR", "--points", 3, code=3)
    assert scan["status"] == "not_defined" and "'mu' acts in masked channels only" in scan["reason"]


def test_what_acts_in_masked_channels_only_is_left_out(answer, search):
    """In SR alone act mu, and a factor on the fakes that nothing constrains."""
    document = json.loads(search[0].read_text())
    document["channels"][0]["samples"][1]["modifiers"].append({"name": "k_fakes", "type": "normfactor", "data": None})
    search[0].write_text(json.dumps(document))
    controls = ["--only-channel", "CR", "--fix", "JES=0"]
    note = "'k_fakes', 'mu' act in masked channels only, and were held at their initial values"
    intervals = answer("intervals", *search, *controls)
    names = [i["parameter"] for i in intervals["intervals"]]
    assert intervals["status"] == "ok" and "mu_top" in names and not {"mu", "k_fakes"} & set(names) and note in intervals["notes"]
    impacts = answer("impacts", *search, *controls, code=3)
    assert impacts["status"] == "not_defined" and "'mu' acts in masked channels only" in impacts["reason"]
    impacts = answer("impacts", *search, *controls, "--poi", "mu_top")
    names = [i["parameter"] for i in impacts["impacts"]]
    assert "fakes_SR[0]" in names and not {"mu", "k_fakes"} & set(names) and "'k_fakes'" in " ".join(impacts["notes"])
    posterior = answer("posterior", *search, *controls, code=3)
    assert posterior["status"] == "no_sensitivity" and posterior["upper_limit"] is None and note in posterior["notes"]
    posterior = answer("posterior", *search, *controls, "--fix", "mu=1")
    assert posterior["status"] == "ok" and posterior["upper_limit"] is None
    assert not {"mu", "k_fakes"} & {p["parameter"] for p in posterior["parameters"]}


def test_models_without_parameter_of_interest_have_yields(answer, files):
    yields = answer("yields", files.background)
    assert yields["status"] == "ok" and all(c["background"] is None for c in yields["channels"])
    assert answer("fit", files.background, "--asimov-data", "a-posteriori")["status"] == "converged"


def test_flat_directions_leave_yields_without_uncertainties(answer, files):
    document = json.loads(files.background.read_text())
    for channel in document["channels"]:
        channel["samples"][0]["modifiers"].append({"name": "twin", "type": "normfactor", "data": None})
    yields = answer("yields", files.write("twins.json", document))
    assert yields["sum"] > 0 and yields["sum_uncertainty"] is None
    assert any(note.startswith("no uncertainties: the likelihood does not change along") for note in yields["notes"])


def test_published_search(answer, shared):
    """Control regions of a published search predict its signal regions; the sums are those of pyhf's model at the same point."""
    model = shared / "data" / "histfactory-json" / "ATLAS-SUSY-2019-09_3L" / "offshell_BkgOnly.json"
    controls = [n for n in (c["name"] for c in answer("yields", model, "--prefit")["channels"]) if n.startswith("CR")]
    assert controls
    yields = answer("yields", model, *[a for name in controls for a in ("--only-channel", name)])
    assert yields["status"] == "ok"
    for channel in yields["channels"]:
        assert channel["is_masked"] != (channel["name"] in controls) and (channel["data"] is None) == channel["is_masked"]
        assert all(u > 0 for u in channel["total"]["uncertainties"])
