# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What cls, limit, fit, significance, nll and inspect print."""

import gzip
import io
import json
import tarfile

import pytest
import small_search


def without_seconds(document):
    if isinstance(document, dict):
        return {k: without_seconds(v) for k, v in document.items() if k != "seconds"}
    return [without_seconds(v) for v in document] if isinstance(document, list) else document


def test_cls_has_the_keys_of_pyhf_and_ours(answer, files):
    result = answer("cls", files.background, "--patch", files.patch)
    assert 0 < result["CLs_obs"] < 1
    assert result["CLs_exp"] == sorted(result["CLs_exp"]) and len(result["CLs_exp"]) == 5
    assert result["CLs_obs"] == pytest.approx(result["CLsb_obs"] / result["CLb_obs"], rel=1e-12)
    assert result["poi"] == "mu" and result["test_poi"] == 1.0 and result["status"] == "ok"
    assert result["test_statistic"]["name"] == "qtilde" and result["asimov"] == "a-posteriori"


def test_every_way_in_gives_the_same_model(answer, files, tmp_path):
    reference = without_seconds(answer("cls", files.background, "--patch", files.patch))
    text = files.background.read_text()

    assert without_seconds(answer("cls", "-", "--patch", files.patch, input=text)) == reference
    assert without_seconds(answer("cls", "--patch", files.patch, input=text)) == reference
    assert without_seconds(answer("cls", files.background, "--patch", "-", input=files.patch.read_text())) == reference

    (tmp_path / "BkgOnly.json.gz").write_bytes(gzip.compress(text.encode()))
    assert without_seconds(answer("cls", tmp_path / "BkgOnly.json.gz", "--patch", files.patch)) == reference

    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("region/BkgOnly.json")
        member.size = len(text.encode())
        archive.addfile(member, io.BytesIO(text.encode()))
    assert without_seconds(answer("cls", f"{tmp_path}/all.tar.gz::region/BkgOnly.json", "--patch", files.patch)) == reference

    patchset = small_search.patchset(small_search.background_only(), 1)
    patchset["patches"][0]["patch"] = small_search.signal_patch([4.0, 2.8])
    path = files.write("one.json", patchset)
    assert without_seconds(answer("cls", files.background, "--patchset", path, "--point", "point_0")) == reference


def test_patches_are_applied_in_order(answer, files):
    double = files.write("double.json", [{"op": "replace", "path": "/channels/0/samples/2/data", "value": [8.0, 5.6]}])
    once = answer("limit", files.background, "--patch", files.patch)
    twice = answer("limit", files.background, "--patch", files.patch, "--patch", double)
    assert twice["observed"] == pytest.approx(once["observed"] / 2, rel=1e-6)


def test_signal_file_brings_its_cross_section(answer, files):
    result = answer("limit", files.background, "--signal", files.signal)
    assert result["cross_section_fb"] == 2500.0
    assert result["observed_fb"] == pytest.approx(2500.0 * result["observed"])
    assert result["expected_fb"] == pytest.approx([2500.0 * x for x in result["expected"]])


def test_signal_file_must_mention_every_channel(relume, answer, files):
    signal = small_search.signal_file()
    del signal["zero_channels"]
    path = files.write("forgetful.json", signal)
    refused = relume("limit", files.background, "--signal", path)
    assert refused.returncode == 2 and "'CR'" in refused.stderr
    assert answer("limit", files.background, "--signal", path, "--other-channels-zero")["status"] == "ok"


def test_limit_is_where_cls_crosses_its_level(answer, files):
    limit = answer("limit", files.background, "--patch", files.patch, "--level", 0.9)
    at = answer("cls", files.background, "--patch", files.patch, "--test-poi", repr(limit["observed"]))
    assert at["CLs_obs"] == pytest.approx(0.1, rel=1e-5)
    for i, expected in enumerate(limit["expected"]):
        at = answer("cls", files.background, "--patch", files.patch, "--test-poi", repr(expected))
        assert at["CLs_exp"][i] == pytest.approx(0.1, rel=1e-5)


def test_expected_limits_can_be_left_out(answer, files):
    result = answer("limit", files.background, "--patch", files.patch, "--no-expected")
    assert result["observed"] is not None and result["expected"] == [None] * 5


@pytest.mark.parametrize("statistic", ["q", "qtilde", "t", "ttilde"])
def test_test_statistics(answer, files, statistic):
    result = answer("cls", files.background, "--patch", files.patch, "--test-stat", statistic)
    assert result["test_statistic"]["name"] == statistic and 0 < result["CLs_obs"] <= 1


def test_discovery_as_pyhf_prints_it(answer, files):
    q0 = answer("cls", files.background, "--patch", files.patch, "--test-stat", "q0")
    discovery = answer("significance", files.background, "--patch", files.patch)
    assert q0["test_poi"] == 0.0
    assert q0["CLs_obs"] == pytest.approx(discovery["p0_obs"], rel=1e-12)
    assert q0["CLs_exp"][2] == pytest.approx(discovery["p0_exp"], rel=1e-12)


def test_fixing_a_parameter_holds_it_everywhere(answer, files):
    fit = answer("fit", files.background, "--patch", files.patch, "--fix", "mu=0.5", "--fix", "fakes_SR[1]=1.2")
    assert fit["mle_parameters"]["mu"] == [0.5]
    assert fit["mle_parameters"]["fakes_SR"][1] == 1.2
    assert fit["uncertainties"]["mu"] == [0.0]
    cls = answer("cls", files.background, "--patch", files.patch)
    fixed = answer("cls", files.background, "--patch", files.patch, "--fix", "JES=2")
    assert fixed["CLs_obs"] != pytest.approx(cls["CLs_obs"], rel=1e-3)


def test_dropping_a_channel_is_pruning_it(answer, files, relume, tmp_path):
    pruned = tmp_path / "pruned.json"
    patched = tmp_path / "patched.json"
    assert relume("patchset", "apply", files.background, files.patchset, "--name", "point_1", "-o", patched).returncode == 0
    assert relume("prune", patched, "-c", "CR", "-o", pruned).returncode == 0
    dropped = answer("fit", patched, "--drop-channel", "CR")
    assert without_seconds(dropped) == without_seconds(answer("fit", pruned))


def test_another_parameter_of_interest(answer, files):
    workspace = small_search.background_only()
    workspace["measurements"][0]["config"]["poi"] = "mu_top"
    other = files.write("other.json", workspace)
    result = answer("limit", other, "--patch", files.patch, "--poi", "mu")
    assert result["poi"] == "mu"
    assert result["observed"] == answer("limit", files.background, "--patch", files.patch)["observed"]
    assert answer("fit", other, "--patch", files.patch)["poi"] == "mu_top"


def test_a_hypothesis_without_any_rate_is_not_usable(answer, files):
    # Without top, nothing is left in CR, where 204 events were observed.
    result = answer("limit", files.background, "--poi", "mu_top", code=3)
    assert result["status"] == "fit_failed" and result["observed"] is None and "CR" in result["reason"]


def test_covariance_agrees_with_the_uncertainties(answer, files):
    fit = answer("fit", files.background, "--patch", files.patch, "--covariance", "--value")
    sigmas = [s for components in fit["uncertainties"].values() for s in components]
    matrix = fit["covariance"]["matrix"]
    assert [matrix[i][i] ** 0.5 for i in range(len(sigmas))] == pytest.approx(sigmas, rel=1e-9)
    assert fit["covariance"]["labels"][0:2] and len(fit["covariance"]["labels"]) == len(sigmas)


def test_nll_at_the_best_fit_is_that_of_the_fit(answer, files):
    fit = answer("fit", files.background, "--patch", files.patch)
    point = files.write("point.json", fit["mle_parameters"])
    nll = answer("nll", files.background, "--patch", files.patch, "--parameters", point)
    assert nll["twice_nll"] == pytest.approx(fit["twice_nll"], rel=1e-14)
    assert nll["parameters"] == fit["mle_parameters"]
    assert list(nll["expected_data"]) == ["CR", "SR"] and len(nll["expected_data"]["SR"]) == 2

    scalars = files.write("scalars.json", {"mu": 2, "fakes_SR[1]": 1.1})
    moved = answer("nll", files.background, "--patch", files.patch, "--parameters", scalars, "--set", "mu=3", "--set", "fakes_SR[0]=0.9")
    assert moved["parameters"]["mu"] == [3.0] and moved["parameters"]["fakes_SR"] == [0.9, 1.1]


def test_a_point_that_is_not_allowed_says_why(answer, files):
    result = answer("nll", files.background, "--patch", files.patch, "--set", "mu=-10", code=3)
    assert result["nll"] is None and result["status"] == "infeasible"
    assert "SR" in result["reason"] and "signal" in result["reason"]


def test_interpolation_codes_are_used(answer, files):
    def nll(*codes):
        return answer("nll", files.background, "--set", "JES=0.5", *[x for code in codes for x in ("--interpcode", code)])["nll"]

    assert nll() == nll("normsys=code4", "histosys=code4p")
    assert len({nll("normsys=code1"), nll("histosys=code0"), nll("histosys=code2"), nll()}) == 4


@pytest.mark.parametrize("command", ["cls", "limit", "fit", "significance", "nll"])
def test_tables_are_for_people(relume, files, command):
    result = relume(command, files.background, "--patch", files.patch, "--format", "table")
    assert result.returncode == 0 and result.stderr == ""
    assert result.stdout.startswith("status") and "{" not in result.stdout


def test_output_file_is_written_whole(relume, files, tmp_path):
    result = relume("cls", files.background, "--patch", files.patch, "--output-file", tmp_path / "result.json")
    assert result.returncode == 0 and result.stdout == ""
    assert json.loads((tmp_path / "result.json").read_text())["status"] == "ok"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_a_signal_without_effect_has_no_limit(answer, files):
    empty = files.write("empty.json", small_search.signal_patch([0.0, 0.0]))
    result = answer("limit", files.background, "--patch", empty, code=3)
    assert result["observed"] is None and result["expected"] == [None] * 5
    assert result["status"] == "no_sensitivity" and result["reason"]


def test_inspect_keeps_the_keys_of_pyhf(answer, files):
    result = answer("inspect", files.background, "--patch", files.patch, "--format", "json")
    assert result["channels"] == [["CR", 1], ["SR", 2]]
    assert result["samples"] == ["fakes", "signal", "top"]
    assert ["mu", "unconstrained"] in result["parameters"]
    assert ["JES", "constrained_by_normal", ["histosys", "normsys"]] in result["systematics"]
    assert result["measurements"] == [["search", "mu", ["mu"]]]
    details = {p["name"]: p for p in result["parameter_details"]}
    assert details["fakes_SR"]["n_components"] == 2 and details["JES"]["n_uses"] == 3


def findings(answer, files, workspace):
    result = answer("inspect", files.write("odd.json", workspace), "--format", "json")
    return {f["check"]: f for f in result["findings"]}


def test_inspect_names_what_is_odd(answer, files):
    assert set(findings(answer, files, small_search.background_only())) == {"poi-on-no-sample", "histosys-and-normsys-share-name"}

    workspace = small_search.background_only()
    signal_region, control_region = workspace["channels"]
    signal_region["samples"].append({"name": "signal", "data": [0.0, 0.0], "modifiers": [small_search.modifier("mu", "normfactor")]})
    top = signal_region["samples"][0]
    top["modifiers"] += [
        small_search.modifier("nothing", "normsys", {"lo": 1.0, "hi": 1.0}),
        small_search.modifier("one_sided", "normsys", {"lo": 1.0, "hi": 1.1}),
        small_search.modifier("same_side", "normsys", {"lo": 1.2, "hi": 1.1}),
        small_search.modifier("large", "normsys", {"lo": 0.5, "hi": 3.5}),
        small_search.modifier("lumi", "lumi")]
    signal_region["samples"].append({"name": "rare", "data": [0.0, 1e-4], "modifiers": [
        small_search.modifier("JES", "histosys", {"lo_data": [0.0, -1e-4], "hi_data": [0.1, 1e-3]}),
        small_search.modifier("staterror_SR", "staterror", [0.0, 1e-3])]})
    control_region["samples"][0]["modifiers"].append(small_search.modifier("exact", "shapesys", [1e-3]))
    control_region["samples"].append({"name": "interference", "data": [-2.0], "modifiers": [
        small_search.modifier("staterror_CR", "staterror", [0.0])]})
    workspace["observations"][0]["data"] = [0, 5.5]
    workspace["measurements"][0]["config"]["parameters"].append({"name": "mu_BG", "inits": [1.0]})
    found = findings(answer, files, workspace)
    expected = {
        "poi-without-effect", "configured-unknown-parameter", "lumi-not-configured", "one-sided-variation", "same-side-normalisation",
        "large-normalisation", "nominal-negative", "staterror-zero", "shapesys-nearly-exact", "channel-without-poi", "signal-without-yield",
        "odd-and-small", "modifier-without-effect", "parameter-without-effect", "histosys-on-zero-nominal", "histosys-and-normsys-share-name",
        "nominal-tiny", "observation-not-integer", "observation-zero"}
    assert set(found) == expected
    assert found["channel-without-poi"]["places"] == [{"pointer": "/channels/1", "channel": "CR"}]
    assert all(f["count"] >= len(f["places"]) >= 1 and f["message"] and f["advice"] for f in found.values())
    # The same list, whoever asks.
    validated = answer("validate", files.write("odd.json", workspace), "--format", "json", code=3)
    assert {f["check"]: f for f in validated["findings"]} == found
