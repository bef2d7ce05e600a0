# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Posteriors beside integrals of pyhf's likelihood on a grid, and beside a random walk on it: neither the model nor the sampling is ours.

Monte Carlo numbers have to agree within five of their own standard errors; seeds are fixed.
"""

import numpy as np
import pytest
from small_model import MU, modifier, search, workspace

pyhf = pytest.importorskip("pyhf", reason="pyhf, whose likelihood is integrated, is not installed")

SIGMAS = 5.0
SEARCH = workspace({
    "SR": ({"signal": ([6.0, 9.0], [MU, modifier("theory", "normsys", {"lo": 0.8, "hi": 1.3})]),
            "background": ([40.0, 21.0], [modifier("JES", "histosys", {"lo_data": [37.0, 20.0], "hi_data": [44.0, 23.5]}),
                                          modifier("k", "normfactor"), modifier("stat", "staterror", [2.0, 1.5])]),
            "fakes": ([5.0, 3.0], [modifier("fakes", "shapesys", [2.0, 1.0])])}, [55.0, 36.0]),
    "CR": ({"background": ([120.0], [modifier("JES", "normsys", {"lo": 0.93, "hi": 1.1}), modifier("k", "normfactor")])}, [131.0])})


class Density:
    """ln(likelihood) of many points at once, minus infinity beyond the bounds."""

    def __init__(self, document, batch):
        space = pyhf.Workspace(document)
        codes = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
        self.model = space.model(batch_size=batch, modifier_settings=codes)
        single = space.model(modifier_settings=codes)
        self.data = np.tile(space.data(single), (batch, 1))
        self.names, self.bounds = single.config.par_names, np.array(single.config.suggested_bounds())

    def __call__(self, points):
        inside = ((points >= self.bounds[:, 0]) & (points <= self.bounds[:, 1])).all(axis=1)
        safe = np.where(inside[:, None], points, np.ones(points.shape[1]))
        return np.where(inside, np.asarray(self.model.logpdf(safe, self.data)), -np.inf)


def weighted_quantile(values, weights, p):
    """Of a density that is known in the middle of equal cells, each of which is filled evenly."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    step = values[1] - values[0]
    return float(np.interp(p, cumulative, np.append(values - step / 2, values[-1] + step / 2)))


@pytest.mark.parametrize("observed, prior", [([14.0, 9.0], None), ([9.0, 6.0], None), ([14.0, 9.0], ("half-normal:0.7", lambda mu: -0.5 * (mu / 0.7) ** 2)),
                                             ([14.0, 9.0], ("exponential:0.5", lambda mu: -mu / 0.5))])
def test_integrals_of_three_parameters(answer, observed, prior):
    document = search([5.0, 3.0], [10.0, 6.0], observed, [modifier("stat", "shapesys", [2.0, 2.5])])
    density = Density(document, 60 * 60)
    mu_index = density.names.index("mu")
    mu = (np.arange(150) + 0.5) / 150 * 5.0  # beyond 5 lies nothing
    gammas = (np.arange(60) + 0.5) / 60 * 3.0
    first, second = (g.reshape(-1) for g in np.meshgrid(gammas, gammas, indexing="ij"))
    log_density = np.empty((len(mu), len(first)))
    for i, value in enumerate(mu):
        columns = [first, second]
        columns.insert(mu_index, np.full(len(first), value))
        log_density[i] = density(np.column_stack(columns)) + (prior[1](value) if prior else 0.0)
    weights = np.exp(log_density - log_density.max())
    assert weights[-1].sum() < 1e-5 * weights.sum()
    marginal = weights.sum(axis=1)
    result = answer(document, "posterior", "--samples", 4000, *(["--prior", f"mu={prior[0]}"] if prior else []))
    assert result["status"] == "ok", result["reason"]
    ours = {p["parameter"]: p for p in result["parameters"]}
    of_mu = ours["mu"]
    mean = float((mu * marginal).sum() / marginal.sum())
    assert of_mu["mean"] == pytest.approx(mean, abs=SIGMAS * of_mu["mean_error"])
    assert of_mu["sd"] == pytest.approx(np.sqrt(((mu - mean) ** 2 * marginal).sum() / marginal.sum()), rel=0.05)
    for key, p in (("lower", 0.025), ("median", 0.5), ("upper", 0.975)):
        assert of_mu[key] == pytest.approx(weighted_quantile(mu, marginal, p), abs=SIGMAS * of_mu[f"{key}_error"]), key
    assert result["upper_limit"] == pytest.approx(weighted_quantile(mu, marginal, 0.95), abs=SIGMAS * result["upper_limit_error"])
    for i, name in enumerate(n for n in ours if n != "mu"):
        cells = weights.sum(axis=0).reshape(60, 60).sum(axis=1 - i)
        assert ours[name]["mean"] == pytest.approx(float((gammas * cells).sum() / cells.sum()), abs=SIGMAS * ours[name]["mean_error"]), name


def test_a_random_walk(answer):
    """Metropolis (J. Chem. Phys. 21 (1953) 1087) with 400 walkers, which are independent: their scatter is the error of their mean."""
    walkers, steps, forgotten = 400, 3000, 1000
    density = Density(SEARCH, walkers)
    result = answer(SEARCH, "posterior", "--samples", 4000)
    assert result["status"] == "ok", result["reason"]
    ours = {p["parameter"]: p for p in result["parameters"]}
    fit = answer(SEARCH, "fit", "--covariance")
    matrix = fit["covariance"]
    order = [matrix["labels"].index(name) for name in density.names]
    factor = np.linalg.cholesky(np.array(matrix["matrix"])[np.ix_(order, order)])
    random = np.random.default_rng(3)
    best = np.array([ours[name]["median"] for name in density.names])  # only where the walk begins
    x = np.clip(best + 0.3 * random.normal(size=(walkers, len(best))) @ factor.T, density.bounds[:, 0] + 1e-3, density.bounds[:, 1] - 1e-3)
    value = density(x)
    sums, squares = np.zeros_like(x), np.zeros_like(x)
    scale = 2.4 / np.sqrt(len(best))  # Gelman, Roberts, Gilks, Bayesian Statistics 5 (1996) 599
    for step in range(steps):
        proposal = x + scale * random.normal(size=x.shape) @ factor.T
        new = density(proposal)
        accepted = np.log(random.uniform(size=walkers)) < new - value
        x[accepted], value[accepted] = proposal[accepted], new[accepted]
        if step >= forgotten:
            sums += x
            squares += x**2
    means = sums / (steps - forgotten)
    for i, name in enumerate(density.names):
        mean, error = means[:, i].mean(), means[:, i].std(ddof=1) / np.sqrt(walkers)
        assert ours[name]["mean"] == pytest.approx(mean, abs=SIGMAS * np.hypot(error, ours[name]["mean_error"])), name
        sd = np.sqrt((squares[:, i] / (steps - forgotten)).mean() - mean**2)
        assert ours[name]["sd"] == pytest.approx(sd, rel=0.05), name
