# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Simplified versions through the program: what is written, refused and reported, and what others make of it."""

import json

import pytest

SBOTTOM = "data/histfactory-json/ATLAS-SUSY-2018-31_sbottom"
ERJR = "data/histfactory-json/ATLAS-SUSY-2018-06_3LeRJR"


@pytest.fixture
def simplify(relume, tmp_path):
    """Runs the program; what it wrote, its report, and what it said. The document is None where nothing was written."""

    def run(*arguments, code=0):
        output, report = tmp_path / "simplified.json", tmp_path / "report.json"
        for path in (output, report):
            path.unlink(missing_ok=True)
        result = relume("simplify", *arguments, "--output-file", output, "--report", report)
        assert result.returncode == code, result.stderr
        assert output.exists() == (code == 0)
        assert result.stdout == ""
        document = json.loads(output.read_text()) if output.exists() else None
        return document, json.loads(report.read_text()) if report.exists() else None, result.stderr

    return run


def with_signal(files):
    return [files.background, "--signal", files.signal]


def test_moments_are_relumes_own_format(simplify, files):
    document, report, said = simplify(*with_signal(files), "--control", "CR", "--toys", "20000")
    assert [r["name"] for r in document["regions"]] == ["SR[0]", "SR[1]"]
    assert [r["observed"] for r in document["regions"]] == [16, 5]
    assert report["fitted_channels"] == ["CR"] and report["toys"] == 20000
    for region, entry in zip(document["regions"], report["regions"], strict=True):
        assert region["background"] == entry["background"]
        # One toy in six of the fakes' Poisson constraints, and linear effects of the rest: the mean stays near the nominal yield.
        assert entry["background"] == pytest.approx(entry["nominal"], rel=0.02)
    assert not report["validity"]["misleads"]
    assert "observed limit" in said and "toys-postfit" in said


def test_the_same_toys_come_for_any_number_of_threads(simplify, files):
    one, *_ = simplify(*with_signal(files), "--control", "CR", "--toys", "5000")
    two, *_ = simplify(*with_signal(files), "--control", "CR", "--toys", "5000", "--jobs", "3")
    assert one == two


@pytest.mark.parametrize("method", ["linear", "postfit-total", "linearised"])
def test_pyhf_finds_the_reported_limit(simplify, files, method):
    """The result as a workspace, with the signal's yields put in by hand and everything else by pyhf."""
    pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of this test, is not installed")
    document, report, _ = simplify(*with_signal(files), "--control", "CR", "--method", method, "--as", "pyhf", "--force")
    signal = {"SR": [4.0, 2.8], "SR[0]": [4.0], "SR[1]": [2.8], "CR": [0.0]}
    for channel in document["channels"]:
        channel["samples"].append({"name": "signal", "data": signal[channel["name"]], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]})
    document["measurements"][0]["config"]["poi"] = "mu"
    workspace = pyhf.Workspace(document)
    model = workspace.model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    shift = report["validity"]["observed_limit"]
    # CLs at the reported limits: 5 % within what pyhf's default minimiser leaves (1e-4 of CLs in the suite's other comparisons, relative).
    observed = pyhf.infer.hypotest(shift["simplified"], workspace.data(model), model, test_stat="qtilde")
    assert float(observed) == pytest.approx(0.05, rel=2e-3)
    _, band = pyhf.infer.hypotest(report["validity"]["expected_limits"][2]["simplified"], workspace.data(model), model, test_stat="qtilde", return_expected_set=True)
    assert float(band[2]) == pytest.approx(0.05, rel=2e-3)


def test_linearised_models_keep_what_is_linear(simplify, files):
    document, report, _ = simplify(*with_signal(files), "--method", "linearised")
    assert [c["name"] for c in document["channels"]] == ["CR", "SR"]
    names = {m["name"] for c in document["channels"] for s in c["samples"] for m in s["modifiers"]}
    assert {"JES", "mu_top", "staterror_SR[0]", "fakes_SR[1]"} <= names
    assert abs(report["validity"]["observed_limit"]["relative_shift"]) < 0.05


def test_a_version_that_misleads_is_not_written(simplify, files):
    arguments = [*with_signal(files), "--control", "CR", "--method", "postfit-total", "--tolerance", "1e-6"]
    document, report, said = simplify(*arguments, code=3)
    assert document is None and report["validity"]["misleads"]
    assert "nothing is written" in said and "--force" in said
    document, *_ = simplify(*arguments, "--force")
    assert document["channels"][0]["samples"][0]["name"] == "Bkg"


def test_a_search_says_what_each_method_gave(simplify, files):
    _, report, said = simplify(*with_signal(files), "--control", "CR", "--target-accuracy", "0.1", "--toys", "5000")
    assert report["attempts"][-1]["method"] == report["method"]
    worst = [max(abs(a["observed_shift"]), abs(a["expected_shift"])) for a in report["attempts"]]
    assert worst[-1] <= 0.1 and all(w > 0.1 for w in worst[:-1])
    assert all(a["method"] in said for a in report["attempts"])


def test_a_background_is_checked_with_a_probe(simplify, files):
    _, report, said = simplify(files.background, "--control", "CR", "--method", "linear")
    assert "probe" in said and report["validity"]["observed_limit"]["full"] > 0.0
    assert [r["signal"] for r in report["validity"]["regions"]] == pytest.approx([15.0**0.5, 5.0**0.5])


def test_questions_that_are_none(relume, files, tmp_path):
    def complaint(*arguments, code=1):
        result = relume("simplify", *with_signal(files), *arguments, "--output-file", tmp_path / "x.json")
        assert result.returncode == code, result.stderr
        assert not (tmp_path / "x.json").exists()
        return result.stderr

    assert "'CR'" in complaint()  # a suggestion, and no more
    assert "'nowhere'" in complaint("--control", "nowhere", code=2)
    assert "--decorrelate" in complaint("--control", "CR", "--decorrelate")
    assert "--target-accuracy" in complaint("--control", "CR", "--target-accuracy", "0.1", "--method", "linear")
    assert "--no-check" in complaint("--control", "CR", "--no-check", "--tolerance", "0.1")
    assert "--toys: method linear draws no toys" in complaint("--control", "CR", "--method", "linear", "--toys", "5000")
    assert "--seed: method linearised draws no toys" in complaint("--method", "linearised", "--seed", "3")
    assert "--force" in complaint("--control", "CR", "--no-check", "--force")
    assert "--marginalise" in complaint("--control", "CR", "--marginalise")
    assert "'mu_top'" in complaint("--method", "toys-prefit", code=3)  # a free factor has no prior
    assert "third moments" in complaint("--control", "CR", "--as", "pyhf", "--no-check", code=2)


def test_prefit_toys_of_held_factors(simplify, files):
    document, report, _ = simplify(*with_signal(files), "--method", "toys-prefit", "--channel", "SR", "--fix", "mu_top=1", "--force", "--toys", "20000")
    assert report["fitted_channels"] == [] and len(document["regions"]) == 2


# What the collaboration published as simplified versions of the same models: yields after a fit of all regions, which are given to a
# few digits of the fit (seen: 3e-4), and their total uncertainty, in which the original tool leaves out correlations of bins' Monte Carlo
# uncertainties (seen: up to 9 %).
@pytest.mark.parametrize(("full", "simplified"), [("RegionA_BkgOnly.json", "simplified_SRA_BkgOnly.json"), ("RegionB_BkgOnly.json", "simplified_SRB_BkgOnly.json")])
def test_postfit_totals_as_published(simplify, shared, full, simplified):
    document, *_ = simplify(shared / SBOTTOM / full, "--method", "postfit-total", "--fit-all-regions", "--no-check")
    published = json.loads((shared / SBOTTOM / simplified).read_text())
    ours = {c["name"]: c["samples"][0] for c in document["channels"]}
    assert sorted(ours) == sorted(c["name"] for c in published["channels"])
    for channel in published["channels"]:
        (background,) = channel["samples"]
        mine = ours[channel["name"]]
        assert mine["data"] == pytest.approx(background["data"], rel=1e-3)
        (total,) = (m["data"] for m in background["modifiers"] if m["type"] == "histosys")
        (ours_total,) = (m["data"] for m in mine["modifiers"])
        sigmas = [[hi - n for hi, n in zip(d["hi_data"], mine["data"], strict=True)] for d in (ours_total, total)]
        assert sigmas[0] == pytest.approx(sigmas[1], rel=0.1)


def test_priors_are_checked_as_priors(simplify, relume, tmp_path):
    """Limits of the written file are those that the check reports: the input's constraints are priors, as the result's are."""
    likelihood = {"format": "relume-likelihood", "version": 1, "kind": "simplified", "covariance": [[144, 13], [13, 256]],
                  "regions": [{"name": "A", "observed": 36, "background": 50}, {"name": "B", "observed": 33, "background": 48}]}
    signal = {"format": "relume-signal", "version": 1, "name": "s", "samples": [{"name": "s", "channels": {"A": [10], "B": [8]}}]}
    paths = tmp_path / "likelihood.json", tmp_path / "signal.json", tmp_path / "written.json"
    for path, document in zip(paths, (likelihood, signal), strict=False):
        path.write_text(json.dumps(document))
    question = [paths[0], "--signal", paths[1], "--method"]
    for method in (["toys-prefit", "--toys", "5000"], ["linearised"]):
        document, report, _ = simplify(*question, *method)
        paths[2].write_text(json.dumps(document))
        limit = json.loads(relume("limit", paths[2], "--signal", paths[1]).stdout)
        for found, checked in ((limit["observed"], report["validity"]["observed_limit"]), (limit["expected"][2], report["validity"]["expected_limits"][2])):
            assert found == pytest.approx(checked["simplified"], rel=1e-5)
            assert checked["relative_shift"] == pytest.approx(0.0, abs=0.02)
    # pyhf has no priors: what it will answer is another thing, and the check says so.
    _, report, _ = simplify(*question, "toys-prefit", "--toys", "5000", "--as", "pyhf", code=3)
    assert report["validity"]["expected_limits"][2]["relative_shift"] > 0.1


def test_third_moments_are_what_skewed_backgrounds_need(simplify, shared):
    """The pattern of arXiv:1809.05548 on a published model: quadratic forms follow the full likelihood, linear ones do not."""
    model = [shared / ERJR / "BkgOnly.json", "--patchset", shared / ERJR / "patchset.json", "--point", "ERJR_100p0_20p0"]
    controls = ["--control", "CRlow_cuts", "--control", "CRISR_cuts"]
    _, quadratic, _ = simplify(*model, *controls)
    assert abs(quadratic["validity"]["observed_limit"]["relative_shift"]) < 0.05
    _, linear, _ = simplify(*model, *controls, "--method", "linear", code=3)
    assert linear["validity"]["observed_limit"]["relative_shift"] < -0.2
