# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Nuisance parameters averaged over instead of being fitted (docs/concepts/marginal.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import _core
from .arguments import number, numbers_by_name, refuse, text, texts, whole
from .inference import core_of
from .model import Model
from .spec import Workspace


class MarginalModel(Model):
    """A model of the parameters that are left: fits, tests, limits and posteriors take it as any other."""

    __slots__ = ("_arguments", "_base", "accuracy", "effective_nodes", "integrated", "n_nodes", "notes", "rule")

    integrated: list[str]  #: names of the parameters that are averaged over
    rule: str  #: "Gauss-Hermite" or "importance sampling"
    n_nodes: int  #: likelihoods that each value is a sum of
    accuracy: float  #: estimated, of differences of ln L within three standard deviations
    effective_nodes: float  #: effective sample size at the best fit, of importance sampling
    notes: list[str]  #: choices and doubts, in words

    def __init__(self, model: Model, arguments: tuple) -> None:
        """What `marginalise` returns."""
        status, reason, core, integrated, rule, n_nodes, accuracy, effective_nodes, notes = _core.marginalise(core_of(model), *arguments)
        if status != "ok":
            refuse("model", f"{status}: {reason}")
        self._core, self._index = core, None
        self._base, self._arguments = model, arguments
        self.integrated, self.rule, self.n_nodes, self.accuracy = integrated, rule, n_nodes, accuracy
        self.effective_nodes, self.notes = effective_nodes, notes

    @property
    def workspace(self) -> Workspace:
        """Of the model that was averaged over."""
        return self._base.workspace

    def inspect(self) -> dict[str, Any]:
        """Not of averages: OptionError."""
        refuse("model", "averages have no samples to inspect", "inspect the model that they were made from")

    def __reduce__(self) -> tuple:
        return MarginalModel, (self._base, self._arguments)


def marginalise(model: Model, *, keep: Iterable[str] = (), fixed: Mapping[str, float] = {}, asimov: str = "a-posteriori", accuracy: float = 5e-3,
                max_nodes: int = 32768, seed: int = 0) -> MarginalModel:
    """The same likelihood, averaged over all parameters that have a constraint, with the constraints as priors.

    `keep`: parameters that stay, besides the parameter of interest, those without constraint and those that are fixed. `fixed`: held at these
    values. `asimov`: where expected data have what is averaged over: where a fit to the data puts it ("a-posteriori"), or at its initial
    value ("a-priori"); give tests and limits the same. `accuracy`: that is tried for, of differences of ln L, where nodes are drawn;
    `max_nodes`: a power of two, at most 2^20; `seed`: of their scrambling. Raises OptionError, also when nodes cannot be placed, and InputError
    when there is nothing to average over.
    """
    nodes = whole(max_nodes, "max_nodes", 64, 2**20)
    if nodes & (nodes - 1):
        refuse("max_nodes", f"{nodes} is no power of two", f"{1 << (nodes.bit_length() - 1)} is one")
    wanted = number(accuracy, "accuracy")
    if not wanted > 0:
        refuse("accuracy", f"{wanted:g} is not positive")
    core_of(model)
    return MarginalModel(model, (texts(keep, "keep"), numbers_by_name(fixed, "fixed"), text(asimov, "asimov"), wanted, nodes,
                                 whole(seed, "seed", 0, 2**64 - 1)))
