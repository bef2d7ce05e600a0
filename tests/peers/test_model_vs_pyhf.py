# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The likelihood beside pyhf's, on random workspaces at random points.

The seed is the test's parameter: `pytest tests/peers -k 'likelihood and 17-'` repeats one.
"""

import json
import logging
import math
import random

import pytest
import random_model

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of these tests, is not installed")
logging.getLogger("pyhf").setLevel(logging.ERROR)

# relume's code and the one that pyhf calls it by.
CODES = {
    "code4-code4p": ([], {"normsys": "code4", "histosys": "code4p"}),
    "code1-code0": (["--interpcode", "normsys=code1", "--interpcode", "histosys=code0"], {"normsys": "code1", "histosys": "code0"}),
    "code4-code2": (["--interpcode", "histosys=code2-pyhf"], {"normsys": "code4", "histosys": "code2"}),
}
N_WORKSPACES, N_WORKSPACES_SLOW, N_POINTS = 400, 4000, 5

RELATIVE, FLOOR = 1e-10, 1e-9  # of -2 ln L: rounding of pyhf's sum, whose terms can be larger than the sum
RATE_RELATIVE = 1e-11


def pyhf_model(workspace, measurement, codes):
    settings = {kind: {"interpcode": code} for kind, code in CODES[codes][1].items()}
    return pyhf.Workspace(workspace, validate=False).model(
        measurement_name=measurement, modifier_settings=settings, validate=False, poi_name=None)


def by_name(model, values):
    return {name: list(values[model.config.par_slice(name)]) for name in model.config.par_order}


def compare_at(answer, model, data, point):
    """relume's answer beside pyhf's at a point; returns what was compared."""
    values = by_name(model, point)
    assert answer["parameters"] == values
    rates = model.expected_actualdata(point)
    observed = data[:model.config.nmaindata]
    if any(rate < 0 or (rate == 0 and n > 0) for rate, n in zip(rates, observed, strict=True)):
        # Differs from pyhf: which counts a negative rate without events as a gain, and else has no number.
        assert answer["status"] == "infeasible" and answer["nll"] is None and answer["reason"]
        return "infeasible"
    ours = [rate for channel in model.config.channels for rate in answer["expected_data"][channel]]
    assert ours == pytest.approx(rates, rel=RATE_RELATIVE, abs=RATE_RELATIVE)
    theirs = -2 * float(model.logpdf(point, data)[0])
    if not math.isfinite(theirs):
        assert answer["nll"] is None
        return "infinite"
    assert answer["status"] == "ok"
    assert abs(answer["twice_nll"] - theirs) <= RELATIVE * abs(theirs) + FLOOR
    return "finite"


def likelihoods_agree(relume, tmp_path, seed, codes):
    rng = random.Random(f"likelihood {seed}")
    workspace = random_model.workspace(rng)
    measurement = rng.choice(workspace["measurements"])["name"]
    print(f"seed {seed}, codes {codes}, measurement {measurement}:\n{json.dumps(workspace)}")  # pytest shows it on failure
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(workspace), encoding="utf-8")
    model = pyhf_model(workspace, measurement, codes)
    data = pyhf.Workspace(workspace, validate=False).data(model)
    initial, bounds = model.config.suggested_init(), model.config.suggested_bounds()
    outcomes = []
    for i in range(N_POINTS):
        point = initial if i == 0 else random_model.point(rng, initial, bounds)
        run = relume("nll", path, "--measurement", measurement, "--parameters", "-", *CODES[codes][0],
                     input=json.dumps(by_name(model, point)))
        assert run.returncode in (0, 3), run.stderr
        outcomes.append(compare_at(json.loads(run.stdout), model, data, point))
    return outcomes


@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("seed", range(N_WORKSPACES // len(CODES)))
def test_likelihood(relume, tmp_path, seed, codes):
    likelihoods_agree(relume, tmp_path, seed, codes)


@pytest.mark.slow
@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("seed", range(10_000, 10_000 + N_WORKSPACES_SLOW // len(CODES)))
def test_likelihood_on_many(relume, tmp_path, seed, codes):
    likelihoods_agree(relume, tmp_path, seed, codes)
