# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The program's numbers on published models against those that other software computed on them."""

import json
import os
import pathlib

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("RELUME_SHARED") or CHECKOUT.parent / "shared")
# Without the shared folder, one placeholder lets the fixture `shared` skip or fail with its reason.
CASES = sorted(p.stem for p in (SHARED / "reference" / "histfactory").glob("*.json")) or ["none"]

# What the references hold themselves to (reference/README.md), and what the engine is asked for.
NLL_RELATIVE = 1e-10
FIT_ABSOLUTE = 1e-6  # in 2 NLL; a lower value is no disagreement
Q_ABSOLUTE = 1e-5
CLS_RELATIVE, CLS_FLOOR = 1e-4, 1e-7
LIMIT_RELATIVE = 1e-4
# Where a conditional fit of the reference stopped above its minimum, its test statistic on Asimov data is too large and its
# expected limit too small, never the other way round. Seen: 5e-4 at +2 sigma of sbottom_800_250_60.
LIMIT_RELATIVE_ABOVE = 1e-3
WORSE_FIT = 1e-3  # in 2 NLL

CODES = {
    "cli": [],
    "default": ["--interpcode", "normsys=code1", "--interpcode", "histosys=code0"],
}
UNDEFINED_WITH_CODE1 = "cannot be interpolated with code1"


class Case:
    def __init__(self, shared, name, folder):
        self.reference = json.loads((shared / "reference" / "histfactory" / f"{name}.json").read_text(encoding="utf-8"))
        self.model = [shared / self.reference["workspace"]]
        if self.reference.get("patchset"):
            self.model += ["--patchset", shared / self.reference["patchset"], "--point", self.reference["patch"]]
        if self.reference.get("extra_ops"):
            # The reference configures lumi, which pyhf needs. After the point would be too late for an index, so before.
            patch = folder / "extra.json"
            patch.write_text(json.dumps(self.reference["extra_ops"]), encoding="utf-8")
            self.model += ["--patch", patch]

    def named(self, values):
        return {p["name"]: values[slice(*p["slice"])] for p in self.reference["parameters"]}


@pytest.fixture(params=CASES)
def case(request, shared, tmp_path):
    return Case(shared, request.param, tmp_path)


def run_json(relume, *arguments, usable=True):
    result = relume(*arguments)
    assert result.returncode == 0 if usable else result.returncode in (0, 3), result.stderr
    return json.loads(result.stdout)


def close(value, expected, relative, floor=0.0):
    return abs(value - expected) <= relative * max(abs(expected), floor)


@pytest.mark.parametrize("codes", CODES)
def test_nll(relume, case, codes, tmp_path):
    variant = case.reference["points"].get(codes)
    if variant is None:
        pytest.skip(f"the reference program was not asked for -ln L of this model with {codes} codes")
    for name in ("init", "P1", "P2"):
        point = variant[name]
        parameters = tmp_path / "point.json"
        values = case.named(case.reference["points"]["cli"][name]["parameters"])
        parameters.write_text(json.dumps(values), encoding="utf-8")
        run = relume("nll", *case.model, "--parameters", parameters, *CODES[codes])
        if UNDEFINED_WITH_CODE1 in run.stderr:
            pytest.skip("a factor of zero has no exponential interpolation; pyhf's is not a number where it matters")
        result = json.loads(run.stdout)
        if run.returncode == 3:
            assert result["nll"] is None and result["reason"]
            assert min(sum(point["expected_main"], []) if isinstance(point["expected_main"][0], list) else point["expected_main"]) <= 0
            continue
        assert run.returncode == 0, run.stderr
        assert result["twice_nll"] == 2 * result["nll"]
        assert close(result["twice_nll"], point["twice_nll_exact"], NLL_RELATIVE), name
        expected = [rate for rates in result["expected_data"].values() for rate in rates]
        assert expected == pytest.approx(point["expected_main"], rel=1e-11, abs=1e-11)
        assert result["parameters"] == values


def test_fit(relume, case):
    best = case.reference.get("fits", {}).get("free", {}).get("best")
    if best is None:
        pytest.skip("the reference program has no free fit of this model")
    result = run_json(relume, "fit", *case.model)
    assert result["twice_nll"] <= best["twice_nll"] + FIT_ABSOLUTE
    assert result["certificate"]["projected_gradient"] < 1e-6
    assert result["certificate"]["edm"] < 1e-9
    assert list(result["mle_parameters"]) == [p["name"] for p in case.reference["parameters"]]


def test_cls(relume, case):
    reference = case.reference.get("hypotest_mu1")
    if reference is None:
        pytest.skip("the reference program has no test of this model at mu = 1")
    result = run_json(relume, "cls", *case.model)
    assert abs(result["test_statistic"]["q"] - reference["qmu_tilde"]) <= Q_ABSOLUTE
    poi = case.reference["model"]["poi"]
    background = run_json(relume, "fit", *case.model, "--fix", f"{poi}=0")
    if background["twice_nll"] < case.reference["fits"]["mu0"]["best"]["twice_nll"] - WORSE_FIT:
        pytest.skip("the background-only fit of the reference, which makes its Asimov data, is above ours")
    assert abs(result["test_statistic"]["q_asimov"] - reference["qmuA"]) <= Q_ABSOLUTE
    if reference["qmuA"] < 1e-6:
        pytest.skip("the signal changes nothing: CLs is 0/0 in the reference")
    assert close(result["CLs_obs"], reference["CLs_obs"], CLS_RELATIVE, CLS_FLOOR)
    for value, expected in zip(result["CLs_exp"], reference["CLs_exp"], strict=True):
        assert close(value, expected, CLS_RELATIVE, CLS_FLOOR)


def test_limit(relume, case):
    reference = case.reference.get("upper_limits_95")
    if reference is None:
        pytest.skip("the reference program has no limits of this model")
    result = run_json(relume, "limit", *case.model)
    assert result["level"] == 0.95
    if reference.get("obs") is not None:
        assert close(result["observed"], reference["obs"], LIMIT_RELATIVE)
    for value, expected in zip(result["expected"], reference.get("exp") or [], strict=False):
        if expected is not None:
            assert expected * (1 - LIMIT_RELATIVE) <= value <= expected * (1 + LIMIT_RELATIVE_ABOVE)
