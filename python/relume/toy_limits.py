# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Limits and intervals from toys, for few events; toys of several runs put together."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, number, numbers_by_name, refuse, text, whole
from .inference import core_of, vector_of
from .model import Model
from .results import Limit, Result, ToySample, ToyTest, format_number


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ToyLimit(Limit):
    """An upper limit from toys. A limit that the toys do not tell is None, and a note says why."""

    @property
    def observed_uncertainty(self) -> float | None:
        """Standard deviation of `observed`, from the number of toys."""
        return self.document["observed_uncertainty"]

    @property
    def expected_uncertainty(self) -> list[float | None]:
        """Standard deviations of `expected`."""
        return list(self.document["expected_uncertainty"])

    @property
    def points(self) -> list[dict[str, Any]]:
        """The values that were tested: `value`, `CLs_obs`, `uncertainty`, `CLs_exp`, `n_toys`, `n_failed`."""
        return list(self.document["points"])


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ToyInterval(Result):
    """The values of the parameter of interest that toys do not exclude."""

    @property
    def parameter(self) -> str:
        """Name of the parameter of interest."""
        return self.document["parameter"]

    @property
    def level(self) -> float:
        """Confidence level."""
        return self.document["level"]

    @property
    def best(self) -> float | None:
        """Best-fit value, within the range that the test statistic allows."""
        return self.document["best"]

    @property
    def lower(self) -> float | None:
        """Lower end; None where there is none: `lower_reason` says why."""
        return self.document["lower"]

    @property
    def upper(self) -> float | None:
        """Upper end; None where there is none: `upper_reason` says why."""
        return self.document["upper"]

    @property
    def uncertainties(self) -> tuple[float | None, float | None]:
        """Standard deviations of the ends, from the number of toys."""
        return self.document["lower_uncertainty"], self.document["upper_uncertainty"]

    @property
    def lower_reason(self) -> str:
        """Why there is no lower end, for example a bound."""
        return self.document.get("lower_reason", "")

    @property
    def upper_reason(self) -> str:
        """Why there is no upper end."""
        return self.document.get("upper_reason", "")

    @property
    def points(self) -> list[dict[str, Any]]:
        """The values that were tested: `value`, `p_value`, `uncertainty`, `n_toys`, `n_failed`."""
        return list(self.document["points"])

    def _rows(self) -> list[tuple[str, str]]:
        return [("interval", f"{self.parameter} from {format_number(self.lower)} to {format_number(self.upper)} at {100 * self.level:g}%"),
                ("best fit", format_number(self.best))]


def _toys(n_toys: int, seed: int, threads: int, ensemble: str) -> dict[str, Any]:
    return {"n_toys": whole(n_toys, "n_toys", 1, 10**8), "seed": whole(seed, "seed", 0, 2**53 - 1), "threads": whole(threads, "threads", 1, 1024),
            "ensemble": text(ensemble, "ensemble")}


def toy_limit(model: Model, data: ArrayLike | None = None, *, level: float = 0.95, n_toys: int = 2000, seed: int = 0, threads: int = 1,
              ensemble: str = "frequentist", expected: bool = True, test_stat: str = "qtilde", asimov: str = "a-posteriori",
              fixed: Mapping[str, float] = {}) -> ToyLimit:
    """Upper limit on the parameter of interest where CLs = 1 - `level`, from toys: what `upper_limit` is when few events are expected.

    `n_toys`: per hypothesis and tested value, of which there are 5 to 15. `seed`, `threads`, `ensemble`: as for `toys`; `expected`, `test_stat`,
    `asimov`, `fixed`, and what is raised: as for `upper_limit`.
    """
    return ToyLimit(_core.toy_limit(core_of(model), vector_of(data, "data"), number(level, "level"), text(test_stat, "test_stat"),
                                    text(asimov, "asimov"), flag(expected, "expected"), numbers_by_name(fixed, "fixed"),
                                    **_toys(n_toys, seed, threads, ensemble)))


def feldman_cousins(model: Model, data: ArrayLike | None = None, *, level: float = 0.6826894921370859, n_toys: int = 2000, seed: int = 0,
                    threads: int = 1, ensemble: str = "frequentist", test_stat: str = "ttilde", fixed: Mapping[str, float] = {}) -> ToyInterval:
    """Interval of the parameter of interest by the construction of Feldman and Cousins (Phys. Rev. D 57 (1998) 3873), with toys.

    For few events and next to bounds, where `intervals` covers too little or too much. `test_stat`: the likelihood ratio that orders the data,
    "ttilde" (not below 0, theirs) or "t". `n_toys`, `seed`, `threads`, `ensemble`, `fixed`, and what is raised: as for `toy_limit`.
    """
    return ToyInterval(_core.feldman_cousins(core_of(model), vector_of(data, "data"), number(level, "level"), text(test_stat, "test_stat"),
                                             numbers_by_name(fixed, "fixed"), **_toys(n_toys, seed, threads, ensemble)))


def merge_toys(model: Model, tests: Iterable[ToyTest]) -> ToyTest:
    """One test from several of the same question, whatever their order: what one run over all their toys would have given.

    `tests`: of `toys` with the same arguments but `first` and `n_toys`; `first` and `n_toys` leave no gap and no overlap. So any pool of
    processes or machines shares a run. Raises InputError where tests do not fit.
    """
    documents = []
    for test in tests:
        if not isinstance(test, ToyTest):
            refuse("tests", f"a {type(test).__name__}, where a relume.ToyTest is needed", "relume.toys makes one")
        samples = {"tested": test.tested_toys, "alternative": test.alternative_toys}
        toys = {name: {"true_poi": s.poi, "q": [None if np.isnan(q) else q for q in s.q.tolist()], "failures": []} for name, s in samples.items()}
        documents.append(json.dumps({**test.to_dict(), "toys": toys}))
    document, tested, alternative, other = _core.merge_toys(core_of(model), documents)
    return ToyTest(document, ToySample(document["test_poi"], tested), ToySample(other, alternative))
