# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A simplified likelihood that `relume convert --to pyhf` writes is the same likelihood to pyhf."""

import json

import numpy as np
import pyhf
import pytest


def profile(n, signal, background, covariance, mu):
    """-2 ln of the largest product of Poisson terms and the normal of the backgrounds, saturated terms taken out: Newton's method
    in the shifts of the backgrounds, whose problem is convex."""
    inverse = np.linalg.inv(covariance)

    def value(theta):
        rate = mu * signal + background + theta
        if np.any(rate <= 0):
            return np.inf
        return 2 * np.sum(rate - n + np.where(n > 0, n * np.log(np.where(n > 0, n, 1) / rate), 0)) + theta @ inverse @ theta

    theta = np.zeros_like(background)
    for _ in range(200):
        rate = mu * signal + background + theta
        gradient = 1 - n / rate + inverse @ theta
        step = np.linalg.solve(inverse + np.diag(n / rate**2), gradient)
        length = 1.0
        while value(theta - length * step) > value(theta) and length > 1e-10:
            length /= 2
        theta = theta - length * step
        if np.max(np.abs(step) / np.sqrt(np.diag(covariance))) < 1e-12:
            break
    return value(theta)


def likelihood_file(n, background, covariance):
    regions = [{"name": f"SR{i}", "observed": float(o), "background": float(b)} for i, (o, b) in enumerate(zip(n, background))]
    return {"format": "relume-likelihood", "version": 1, "kind": "simplified", "regions": regions,
            "covariance": np.asarray(covariance).tolist()}


def with_signal(workspace, signal):
    workspace = json.loads(json.dumps(workspace))
    for channel, s in zip(workspace["channels"], signal):
        channel["samples"].append({"name": "signal", "data": [float(s)],
                                   "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]})
    return workspace


def profile_in_pyhf(workspace, values):
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-6, strategy=2))
    try:
        model = pyhf.Workspace(workspace).model()
        data = pyhf.Workspace(workspace).data(model)
        return [float(pyhf.infer.mle.fixed_poi_fit(mu, data, model, return_fitted_val=True)[1]) for mu in values]
    finally:
        pyhf.set_backend("numpy")


def check(relume, tmp_path, n, signal, background, covariance, values, tolerance):
    path = tmp_path / "likelihood.json"
    path.write_text(json.dumps(likelihood_file(n, background, covariance)))
    answer = relume("convert", path, "--to", "pyhf")
    assert answer.returncode == 0, answer.stderr
    assert "pyhf also moves the centres of constraints" in answer.stderr
    workspace = with_signal(json.loads(answer.stdout), signal)
    found = np.array(profile_in_pyhf(workspace, values))
    expected = np.array([profile(n, signal, background, covariance, mu) for mu in values])
    assert found - found[0] == pytest.approx(expected - expected[0], abs=tolerance)


def test_two_regions(relume, tmp_path):
    # The tolerance is that of MINUIT's minima.
    check(relume, tmp_path, np.array([36.0, 33.0]), np.array([12.0, 15.0]), np.array([50.0, 48.0]),
          np.array([[144.0, 13.0], [13.0, 256.0]]), [0.0, 0.5, 1.0, 2.0], 1e-4)


def test_eight_regions_of_a_published_toy(relume, tmp_path, shared):
    # CMS-NOTE-2017-001. Condition number 1e8: the least eigenvalue is 1.9e-4, the largest 2.3e4.
    toy = json.loads((shared / "data" / "simplified" / "CMS-NOTE-2017-001-toy.json").read_text())
    check(relume, tmp_path, np.array(toy["observed"], float), np.array(toy["signal"], float), np.array(toy["background"]),
          np.array(toy["covariance"]), [0.0, 0.66147, 1.0, 1.315924], 1e-3)
