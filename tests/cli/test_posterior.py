# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""posterior: what it prints, and what it refuses. Whether the numbers are right is for tests/unit and tests/peers."""

import json
import math
import signal
import subprocess

import numpy as np
import pytest


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def test_document(answer, search):
    result = answer("posterior", *search)
    assert result["status"] == "ok" and result["poi"] == "mu" and result["level"] == 0.95
    names = [p["parameter"] for p in result["parameters"]]
    assert names[0] and {"mu", "JES", "mu_top", "staterror_SR[0]", "fakes_SR[1]"} <= set(names)
    assert len(result["chains"]) == 4 and result["n_samples"] == 2000 and result["n_warmup"] == 300
    for p in result["parameters"]:
        assert p["lower"] < p["median"] < p["upper"] and p["r_hat"] <= 1.01 and min(p["ess_bulk"], p["ess_tail"]) >= 400
        assert p["shortest"][1] - p["shortest"][0] <= 1.01 * (p["upper"] - p["lower"])  # one draw more is in it
        assert p["prior"]
    assert 0 < result["upper_limit_error"] < result["upper_limit"]
    assert "draws" not in result


def test_draws(answer, search):
    result = answer("posterior", *search, "--values", "--chains", 3, "--samples", 600)
    draws = {name: np.array(values) for name, values in result["draws"].items()}
    for p in result["parameters"]:
        values = draws[p["parameter"]]
        assert values.shape == (3, 600)
        assert values.mean() == pytest.approx(p["mean"], rel=1e-12) and np.median(values) == pytest.approx(p["median"], rel=1e-12)
        assert values.std(ddof=1) == pytest.approx(p["sd"], rel=1e-12)
    if result["upper_limit"] is not None:
        assert np.quantile(draws["mu"], 0.95) == pytest.approx(result["upper_limit"], rel=1e-12)
    # The density of a draw is the likelihood there: flat priors add nothing.
    point = {}
    for name, values in draws.items():
        point.setdefault(name.partition("[")[0], []).append(float(values[1, 17]))
    nll = answer("nll", *search, "--parameters", "-", input=json.dumps(point))
    assert -nll["twice_nll"] / 2 == pytest.approx(result["sample_stats"]["lp"][1][17], rel=1e-12)


def test_seeds_and_jobs(answer, search):
    def draws(*arguments):
        return answer("posterior", *search, "--values", "--samples", 500, *arguments, code=0)["draws"]

    one = draws("--jobs", 1)
    assert one == draws("--jobs", 2) and one != draws("--seed", 1)


def test_priors_are_said_and_act(answer, search):
    flat = answer("posterior", *search)
    narrow = answer("posterior", *search, "--prior", "mu=half-normal:0.2", "--prior", "JES=normal:1,0.1", "--level", 0.9)
    priors = {p["parameter"]: p["prior"] for p in narrow["parameters"]}
    assert priors["mu"] == "half-normal(0.2) on [0, 10]" and priors["mu_top"] == "flat on [0, 10]"
    assert priors["JES"] == "normal(0, 1) of its constraint times normal(1, 0.1) on [-5, 5]"
    assert narrow["upper_limit"] < 0.5 * flat["upper_limit"]
    sd = {p["parameter"]: p["sd"] for p in narrow["parameters"]}
    assert sd["JES"] < 0.12


def test_held_parameters_have_no_posterior(answer, search):
    result = answer("posterior", *search, "--fix", "mu=0", "--fix", "JES=0.5")
    assert not {"mu", "JES"} & {p["parameter"] for p in result["parameters"]} and result["upper_limit"] is None and result["status"] == "ok"


def test_too_few_samples_are_not_usable(relume, search):
    result = relume("posterior", *search, "--samples", 20)
    assert result.returncode == 3
    document = json.loads(result.stdout)
    assert document["status"] == "not_converged" and "are needed" in document["reason"] and document["upper_limit"] is None


def test_one_sample_is_still_json(relume, search):
    result = relume("posterior", *search, "--samples", 1, "--chains", 1, "--warmup", 0)
    assert result.returncode == 3
    (mu,) = (p for p in json.loads(result.stdout)["parameters"] if p["parameter"] == "mu")
    assert mu["r_hat"] is None and math.isfinite(mu["mean"])


@pytest.mark.parametrize("arguments, code, complaint", [
    (["--prior", "mu"], 1, "NAME=PRIOR"),
    (["--prior", "nobody=flat"], 2, "--prior nobody=flat: no parameter is called 'nobody'"),
    (["--prior", "mu=cauchy:1"], 1, "--prior mu=cauchy:1: 'cauchy:1' is no prior: there is no kind 'cauchy'"),
    (["--prior", "mu=normal:1"], 1, "a mean and a standard deviation"),
    (["--samples", 0], 1, "--samples"),
    (["--level", 1], 1, "--level"),
    (["--prior", "mu=log-flat"], 3, "improper"),
    (["--prior", "mu=flat", "--fix", "mu=1"], 3, "held"),
])
def test_requests_without_sense(relume, search, arguments, code, complaint):
    result = relume("posterior", *search, *arguments)
    assert result.returncode == code
    assert complaint in (json.loads(result.stdout)["reason"] if code == 3 else result.stderr)


def test_table(relume, search):
    table = relume("posterior", *search, "--format", "table").stdout
    assert " 2.5 %" in table and "97.5 %" in table and "lower" not in table
    assert " 16 %" in relume("posterior", *search, "--format", "table", "--level", 0.68).stdout
    assert "upper limit" in table and "staterror_SR[1]" in table and "flat on [0, 10]" in table and "R-hat" in table


def test_interrupted(relume, search):
    with subprocess.Popen([relume.program, "posterior", *map(str, search), "--samples", "1000000"], stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.0)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130 and json.loads(out)["status"] == "interrupted"
