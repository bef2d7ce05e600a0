# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Measured values, tables and upper limits through the program: answers, reasons and refusals."""

import json

import pytest


def document(**changes):
    return {"format": "relume-likelihood", "version": 1, "kind": "measurements", "poi": "mu",
            "measured": [{"error_model": "variable_gaussian_2",
                          "values": [{"name": "rate", "value": 1.2, "lower_error": 0.2, "upper_error": 0.3,
                                      "prediction": "0.9", "signal": 0.5}]}]} | changes


UPPER_LIMITS = {"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "observed": 1.7, "unit": "fb",
                "expected": [0.6, 0.8, 1.1, 1.6, 2.2], "region": "SR"}


@pytest.fixture
def run(relume, tmp_path):
    def run(published, *arguments):
        path = tmp_path / "published.json"
        path.write_text(json.dumps(published), encoding="utf-8")
        command, *rest = arguments
        return relume(command, path, *rest)

    return run


def result_of(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_measured_value_sets_limits(run):
    limit = result_of(run(document(), "limit", "--test-stat", "q"))
    # Background 0.9, -2 ln L = r^2 / (0.06 + 0.1 r): the best fit predicts 1.2.
    assert limit["mu_hat"] == pytest.approx(0.6, abs=1e-6)
    assert limit["observed"] > 0.6


def test_an_unknown_name_is_found_and_placed(run):
    published = document()
    published["measured"][0]["values"][0]["prediction"] = "2 * nu + 1"
    done = run(published, "fit")
    assert done.returncode == 2
    assert "/measured/0/values/0/prediction: nothing is called 'nu', at character 5 of '2 * nu + 1'" in done.stderr


def test_beyond_a_pole_nothing_is_defined_and_the_value_is_named(run):
    published = document()
    published["measured"][0]["values"][0]["prediction"] = "0.5"  # the pole is at 0.6
    done = run(published, "cls", "--test-poi", "0.1")
    assert done.returncode == 3
    assert "'rate'" in done.stdout and "pole" in done.stdout


def test_tables_have_no_expected_results(run):
    published = document(grids=[{"name": "scan", "axes": [{"name": "x", "prediction": "mu", "points": [-5, 0, 1, 2, 5]}],
                                 "values": [30, 1, 0, 1, 16], "quantity": "minus_two_log_likelihood", "interpolation": "cubic"}])
    assert result_of(run(published, "fit"))["status"] == "converged"
    done = run(published, "limit")
    assert done.returncode == 3
    assert json.loads(done.stdout)["status"] == "not_defined"
    assert "published at observed data only" in json.loads(done.stdout)["reason"]


def test_toys_need_a_distribution(run):
    done = run(document(), "toys", "--test-poi", "1", "--toys", "10")
    assert done.returncode == 3
    assert "no toys can be made" in done.stdout


def test_published_limits_come_back_and_scale_with_the_signal(run, tmp_path):
    for statistic in ("q", "qtilde"):
        limit = result_of(run(UPPER_LIMITS, "limit", "--test-stat", statistic))
        assert limit["observed"] == pytest.approx(1.7, rel=1e-6)
        assert limit["expected"] == pytest.approx([0.6, 0.8, 1.1, 1.6, 2.2], rel=1e-6)
    signal = tmp_path / "signal.json"
    signal.write_text(json.dumps({"format": "relume-signal", "version": 1, "name": "point",
                                  "samples": [{"name": "s", "channels": {"SR": {"yields": [0.5]}}}]}))
    limit = result_of(run(UPPER_LIMITS, "limit", "--signal", signal, "--test-stat", "q"))
    assert limit["observed"] == pytest.approx(3.4, rel=1e-6)
