# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Bayesian posteriors: samples of all free parameters from likelihood times prior."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import number, numbers_by_name, refuse, text, whole
from .errors import Problem, UnknownNameError
from .model import Model, as_vector
from .results import Result


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number that a finite sample knows with a standard deviation."""

    value: float  #: the number
    error: float | None  #: its standard deviation; None where the sample is too small to tell

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"{self.value:.6g}" + ("" if self.error is None else f" ± {self.error:.1g}")


@dataclasses.dataclass(frozen=True)
class PosteriorParameter:
    """The marginal posterior of one parameter. Diagnostics are None where the sample is too small to tell."""

    name: str  #: with its component: "gamma[3]"
    prior: str  #: all of it, in words: with the constraint and the range
    mean: Estimate  #: of the posterior
    sd: float | None  #: standard deviation of the posterior
    median: Estimate  #: of the posterior
    lower: Estimate  #: lower end of the equal-tailed interval at the result's level
    upper: Estimate  #: its upper end
    shortest: tuple[float, float]  #: highest-density interval at the result's level
    r_hat: float | None  #: rank-normalised, split; 1 where the chains agree
    ess_bulk: float | None  #: effective sample size for the middle of the distribution
    ess_tail: float | None  #: the smaller effective sample size of the 5% and 95% quantiles


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Posterior(Result):
    """Draws from the posterior, and what they are worth. Arrays cannot be written to; `.copy()` gives one that can.

    `status`: ok; not_converged (chains disagree or are too short: `reason` says on what; the draws are there); fit_failed; not_defined;
    interrupted.
    """

    draws: np.ndarray  #: shape (n_chains, n_samples, n_free), the last axis in the order of `names`
    #: by name, each of shape (n_chains, n_samples): lp (ln of likelihood times priors), energy, acceptance_rate, tree_depth, n_steps, diverging
    sample_stats: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        for array in (self.draws, *self.sample_stats.values()):
            array.setflags(write=False)

    @property
    def names(self) -> list[str]:
        """Of the parameters that were sampled, in the model's order: those that are held are not among them."""
        return [entry["parameter"] for entry in self.document["parameters"]]

    @property
    def poi(self) -> str | None:
        """Name of the parameter of interest."""
        return self.document["poi"]

    @property
    def level(self) -> float:
        """Probability of the intervals of `parameters`, and of `upper_limit` unless it is told another."""
        return self.document["level"]

    @property
    def parameters(self) -> dict[str, PosteriorParameter]:
        """By name: `posterior.parameters["mu"].mean`."""

        def of(entry: dict[str, Any], key: str) -> Estimate:
            return Estimate(entry[key], entry[f"{key}_error"])

        return {e["parameter"]: PosteriorParameter(e["parameter"], e["prior"], of(e, "mean"), e["sd"], of(e, "median"), of(e, "lower"), of(e, "upper"),
                                                   tuple(e["shortest"]), e["r_hat"], e["ess_bulk"], e["ess_tail"])
                for e in self.document["parameters"]}

    @property
    def chains(self) -> list[dict[str, Any]]:
        """Of each chain: step_size, acceptance, bfmi, gradients_per_draw, n_divergent, n_at_edge, n_cut."""
        return [dict(chain) for chain in self.document["chains"]]

    def values(self, name: str) -> np.ndarray:
        """Draws of one parameter, shape (n_chains, n_samples). Raises UnknownNameError."""
        names = self.names
        if text(name, "name") not in names:
            raise UnknownNameError([Problem("reference", "name", f"no parameter called {name!r} was sampled", "one of `names`; those held are not among them")])
        return self.draws[:, :, names.index(name)]

    def quantile(self, name: str, level: float) -> Estimate:
        """The value below which a parameter lies with this probability. Raises OptionError, UnknownNameError."""
        value, error = _core.draws_quantile(self._flat(name), self.draws.shape[0], _probability(level))
        return Estimate(value, error if np.isfinite(error) else None)

    def credible_interval(self, name: str, level: float | None = None, *, shortest: bool = False) -> tuple[float, float]:
        """Lower and upper end of an interval that holds a parameter with this probability (None: `self.level`).

        Equal probabilities lie on both sides; with `shortest`, it is the shortest one: of highest density, where the density has one peak.
        Raises OptionError, UnknownNameError.
        """
        p = self.level if level is None else _probability(level)
        if shortest:
            return _core.draws_shortest(self._flat(name), p)
        return self.quantile(name, 0.5 - 0.5 * p).value, self.quantile(name, 0.5 + 0.5 * p).value

    def upper_limit(self, level: float | None = None, name: str | None = None) -> Estimate | None:
        """The value below which the parameter of interest (or another) lies with this probability (None: `self.level`).

        None when the result is not usable. Raises OptionError, UnknownNameError.
        """
        name = self.poi if name is None else name
        if name is None:
            refuse("name", "the model has no parameter of interest", "name a parameter")
        return self.quantile(name, self.level if level is None else level) if self.is_usable else None

    def to_records(self) -> list[dict[str, Any]]:
        """One dictionary of numbers per parameter: what a data frame is made from."""
        keep = ("parameter", "mean", "mean_error", "sd", "median", "lower", "upper", "r_hat", "ess_bulk", "ess_tail", "prior")
        return [{key: entry[key] for key in keep} for entry in self.document["parameters"]]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with these columns. Raises ImportError where pandas is not installed."""
        import pandas

        return pandas.DataFrame(self.to_records())

    def arviz_groups(self) -> dict[str, dict[str, np.ndarray]]:
        """The draws in the names of ArviZ: {"posterior": {name: array}, "sample_stats": {…}}, arrays of shape (n_chains, n_samples).

        `arviz.from_dict(**groups)` reads it, from ArviZ 1.0 on `arviz.from_dict(groups)`; `to_arviz` does either.
        """
        return {"posterior": {name: self.draws[:, :, i] for i, name in enumerate(self.names)}, "sample_stats": dict(self.sample_stats)}

    def to_arviz(self) -> Any:
        """For ArviZ: an InferenceData, from ArviZ 1.0 on a DataTree. Raises ImportError where it is not installed."""
        import arviz

        groups = self.arviz_groups()
        return arviz.from_dict(groups) if int(arviz.__version__.split(".")[0]) >= 1 else arviz.from_dict(**groups)

    def _flat(self, name: str) -> np.ndarray:
        values = self.values(name)
        if values.size == 0:
            refuse("name", f"there are no draws: {self.reason}")
        return np.ascontiguousarray(values).reshape(-1)

    def _rows(self) -> list[tuple[str, str]]:
        shown = list(self.parameters.values())
        rows = []
        if self.document["upper_limit"] is not None:
            limit = Estimate(self.document["upper_limit"], self.document["upper_limit_error"])
            rows.append(("limit on", f"{self.poi} at {100 * self.level:g}%: {limit!r}"))
        rows += [(p.name, f"{p.mean!r}, sd {'-' if p.sd is None else f'{p.sd:.3g}'}") for p in shown[:40]]
        if len(shown) > 40:
            rows.append(("…", f"{len(shown) - 40} more"))
        return [*rows, ("draws", f"{self.draws.shape[0]} chains of {self.draws.shape[1]}")]


def _probability(level: float) -> float:
    value = number(level, "level")
    if not 0.0 < value < 1.0:
        refuse("level", f"{value} is no probability", "between 0 and 1, for example 0.95")
    return value


def posterior(model: Model, data: ArrayLike | None = None, *, priors: Mapping[str, str] = {}, chains: int = 4, samples: int = 2000, warmup: int = 300,
              seed: int = 0, threads: int = 1, level: float = 0.95, target_acceptance: float = 0.8, max_depth: int = 10,
              fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> Posterior:
    """Bayesian posterior of all free parameters: No-U-Turn sampling on the exact gradient, in the metric of the exact Hessian.

    `priors`: by name of the parameter, "flat" (the default: within its bounds), "flat:0,5", "normal:1,0.5", "half-normal:2", "exponential:3"
    (its mean) or "log-flat:0.01,10"; times the parameter's constraint, if it has one. `chains`: how many. `samples`: draws per chain, after `warmup` steps that
    are thrown away. `seed`: the same gives the same draws, bit for bit, for any number of `threads`. `level`: probability of intervals and of
    the upper limit. `target_acceptance`: higher makes smaller steps; for models where trajectories diverge. `max_depth`: a trajectory has at
    most 2**max_depth steps. `data`, `fixed`, `start`: as for `fit`. Raises OptionError, UnknownNameError. A prior that is improper over its
    range, or a model with nothing free, is a status: not_defined.
    """
    if not isinstance(model, Model):
        refuse("model", f"a {type(model).__name__}, where a relume.Model is needed", "Workspace.model() makes one")
    if not isinstance(priors, Mapping):
        refuse("priors", f"{priors!r} is no mapping of names to priors", "for example {'mu': 'half-normal:2'}")
    most = 10**8
    target = number(target_acceptance, "target_acceptance")
    if not 0.0 < target < 1.0:
        refuse("target_acceptance", f"{target} is no probability", "between 0 and 1, for example 0.9")
    document, draws, lp, energy, acceptance, depth, steps, diverging = _core.posterior(
        model._core, None if data is None else as_vector(data, "data"), numbers_by_name(fixed, "fixed"),
        None if start is None else as_vector(start, "start"), [(text(n, "priors"), text(p, f"priors[{n!r}]")) for n, p in priors.items()],
        whole(chains, "chains", 1, 1024), whole(samples, "samples", 1, most), whole(warmup, "warmup", 0, most), whole(seed, "seed", 0, 2**53 - 1),
        whole(threads, "threads", 1, 1024), _probability(level), target, whole(max_depth, "max_depth", 1, 20))
    shape = (len(document["chains"]), samples if document["chains"] else 0)
    stats = {"lp": lp, "energy": energy, "acceptance_rate": acceptance, "tree_depth": depth.astype(np.int64), "n_steps": steps.astype(np.int64),
             "diverging": diverging.astype(bool)}
    return Posterior(document, draws.reshape(*shape, len(document["parameters"])), {name: values.reshape(shape) for name, values in stats.items()})
