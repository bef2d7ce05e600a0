# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Posteriors from Python: arrays, intervals, arguments. Whether the numbers are right is for tests/unit and tests/peers."""

import json

import numpy as np
import pytest
import relume


@pytest.fixture(scope="module")
def search():
    from conftest import search_document

    return relume.Workspace(search_document()).model()


@pytest.fixture(scope="module")
def posterior(search):
    return relume.posterior(search, samples=1500, threads=2)


def test_arrays(search, posterior):
    assert posterior.is_usable, posterior.reason
    free = [n for n, is_fixed in zip(search.parameter_names, search.fixed, strict=True) if not is_fixed]
    assert posterior.names == free and posterior.draws.shape == (4, 1500, len(free))
    assert set(posterior.sample_stats) == {"lp", "energy", "acceptance_rate", "tree_depth", "n_steps", "diverging"}
    assert all(v.shape == (4, 1500) for v in posterior.sample_stats.values())
    assert posterior.sample_stats["diverging"].dtype == bool and posterior.sample_stats["tree_depth"].dtype == np.int64
    lower, upper = np.array([b for b, n in zip(search.bounds, search.parameter_names, strict=True) if n in free]).T
    assert (posterior.draws >= lower).all() and (posterior.draws <= upper).all()
    with pytest.raises(ValueError, match="read-only"):
        posterior.draws[0, 0, 0] = 1.0
    assert (posterior.values("JES") == posterior.draws[:, :, free.index("JES")]).all()


def test_density_of_draws(search, posterior):
    x = search.initial.copy()
    for chain, i in ((0, 3), (3, 1499)):
        for name, value in zip(posterior.names, posterior.draws[chain, i], strict=True):
            x[search.parameter_names.index(name)] = value
        assert posterior.sample_stats["lp"][chain, i] == pytest.approx(-search.nll(x), rel=1e-12)


def test_summary_is_of_the_draws(posterior):
    for name, p in posterior.parameters.items():
        values = posterior.values(name)
        assert p.mean.value == pytest.approx(values.mean(), rel=1e-10) and p.sd == pytest.approx(values.std(ddof=1), rel=1e-10)
        assert (p.lower.value, p.median.value, p.upper.value) == pytest.approx(tuple(np.quantile(values, [0.025, 0.5, 0.975])), rel=1e-12)
        assert float(p.mean) == p.mean.value and 0 < p.mean.error < p.sd
    assert [r["parameter"] for r in posterior.to_records()] == posterior.names
    assert "mu at 95%" in repr(posterior) and "JES" in posterior._repr_html_()


def test_intervals_and_limits(posterior):
    mu = posterior.values("mu")
    assert posterior.upper_limit().value == pytest.approx(np.quantile(mu, 0.95), rel=1e-12)
    assert posterior.upper_limit(0.9).value == pytest.approx(np.quantile(mu, 0.9), rel=1e-12) and posterior.upper_limit(0.9).error > 0
    assert posterior.upper_limit(0.9, "JES").value == pytest.approx(np.quantile(posterior.values("JES"), 0.9), rel=1e-12)
    assert posterior.credible_interval("mu", 0.68) == pytest.approx(tuple(np.quantile(mu, [0.16, 0.84])), rel=1e-12)
    low, high = posterior.credible_interval("mu", 0.68, shortest=True)
    assert high - low <= 1.01 * np.diff(posterior.credible_interval("mu", 0.68))[0]
    assert np.mean((mu >= low) & (mu <= high)) == pytest.approx(0.68, abs=0.001)
    assert posterior.credible_interval("mu") == (posterior.parameters["mu"].lower.value, posterior.parameters["mu"].upper.value)


def test_seeds_and_threads(search):
    def draws(**options):
        return relume.posterior(search, samples=100, warmup=50, **options).draws

    one = draws(seed=5)
    assert (one == draws(seed=5, threads=3)).all() and (one != draws(seed=6)).any()


def test_priors_and_data(search):
    p = relume.posterior(search, priors={"mu": "exponential:0.1"}, fixed={"k_top": 1.0})
    assert "k_top" not in p.names and p.parameters["mu"].prior == "exponential of mean 0.1 on [0, 10]"
    assert p.upper_limit().value < 0.5
    more = search.observed.copy()
    more[:2] += 30
    assert relume.posterior(search, more).parameters["mu"].mean.value > 2


def test_statuses(search):
    short = relume.posterior(search, samples=10)
    assert short.status == "not_converged" and short.upper_limit() is None and short.draws.shape[:2] == (4, 10)
    single = relume.posterior(search, samples=1, chains=1, warmup=0)
    assert single.status == "not_converged" and single.parameters["mu"].r_hat is None and single.parameters["mu"].mean.error is None
    held = relume.posterior(search, fixed=dict(zip(search.parameter_names, search.initial, strict=True)))
    assert held.status == "not_defined" and "held" in held.reason and held.draws.size == 0 and held.names == []
    improper = relume.posterior(search, priors={"mu": "log-flat"})
    assert improper.status == "not_defined" and "improper" in improper.reason


@pytest.mark.parametrize("options, complaint", [
    ({"priors": {"nobody": "flat"}}, "nobody"), ({"priors": {"mu": "cauchy"}}, "cauchy"), ({"priors": {"mu": 1.0}}, "no text"), ({"priors": "mu"}, "mapping"),
    ({"samples": 0}, "samples"), ({"chains": 0}, "chains"), ({"warmup": -1}, "warmup"), ({"level": 1.0}, "level"), ({"target_acceptance": 0.0}, "target_acceptance"),
    ({"fixed": {"mu": float("nan")}}, "cannot be held"), ({"max_depth": 0}, "max_depth"), ({"seed": -1}, "seed")])
def test_bad_arguments(search, options, complaint):
    with pytest.raises(relume.RelumeError, match=complaint):
        relume.posterior(search, **options)


def test_names_that_were_not_sampled(posterior):
    with pytest.raises(relume.UnknownNameError, match="nobody"):
        posterior.values("nobody")
    with pytest.raises(relume.OptionError, match="no probability"):
        posterior.credible_interval("mu", 2.0)


def test_arviz_groups(posterior):
    groups = posterior.arviz_groups()
    assert set(groups) == {"posterior", "sample_stats"} and list(groups["posterior"]) == posterior.names
    assert all(v.shape == (4, 1500) for group in groups.values() for v in group.values())


def test_arviz_reads_it(posterior):
    arviz = pytest.importorskip("arviz", reason="arviz, which has to read it, is not installed")
    data = posterior.to_arviz()
    assert float(data["posterior"]["mu"].mean()) == pytest.approx(posterior.parameters["mu"].mean.value, rel=1e-12)
    summary = arviz.summary(data, round_to="none")
    for name, p in posterior.parameters.items():
        assert summary.loc[name, "ess_bulk"] == pytest.approx(p.ess_bulk, rel=1e-6) and summary.loc[name, "r_hat"] == pytest.approx(p.r_hat, rel=1e-9)


def test_corner(posterior):
    plot = pytest.importorskip("relume.plot", reason="matplotlib or mplhep is not installed", exc_type=ImportError)
    import matplotlib.pyplot as plt

    axes = plot.corner(posterior, ["mu", "JES", "k_top"], bins=20, title="corner")
    assert axes.shape == (3, 3) and not axes[0, 2].get_visible() and axes[2, 0].get_visible()
    assert [ax.get_xlabel() for ax in axes[2]] == ["mu", "JES", "k_top"] and axes[1, 0].get_ylabel() == "JES"
    (median,) = axes[1, 1].get_lines()
    assert median.get_xdata()[0] == pytest.approx(posterior.parameters["JES"].median.value, rel=1e-9)
    (steps,) = (patch for patch in axes[0, 0].patches if type(patch).__name__ == "StepPatch")
    assert 0.99 < steps.get_data().values.sum() <= 1.0
    (legend,) = axes[0, 0].figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [f"{100 * posterior.level:g}% interval", "median", "68% and 95% of the draws"]
    axes[0, 0].figure.canvas.draw()
    document = posterior.to_dict() | {"draws": {n: posterior.values(n).tolist() for n in posterior.names}}
    again = plot.corner(json.loads(json.dumps(document)))
    assert again.shape == (5, 5) and again[4, 0].get_xlabel() == "mu"
    (legend,) = plot.corner(posterior, ["mu"])[0, 0].figure.legends
    assert len(legend.get_texts()) == 2
    with pytest.raises(relume.UnknownNameError, match="nobody"):
        plot.corner(posterior, ["nobody"])
    with pytest.raises(relume.OptionError, match="no draws"):
        plot.corner(posterior.to_dict())
    plt.close("all")
