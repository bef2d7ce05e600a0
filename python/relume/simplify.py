# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A full likelihood becomes a smaller one, and the limits of both are compared."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import _core
from .arguments import flag, number, numbers_by_name, refuse, text, texts, whole
from .inference import core_of
from .model import Model
from .spec import Workspace


@dataclasses.dataclass(frozen=True)
class LimitShift:
    """One limit of both likelihoods."""

    full: float | None  #: of the full likelihood
    simplified: float | None  #: of the simplified one
    relative_shift: float | None  #: simplified / full - 1


class Simplification:
    """What `simplify` made, and how far it can be trusted."""

    def __init__(self, document: dict[str, Any], is_refused: bool, likelihood: dict[str, Any] | None, workspace: Any, table: str) -> None:
        """`document`: the report of `relume simplify --report`."""
        self.document, self._is_refused, self._table = document, is_refused, table
        self._likelihood, self._workspace = likelihood, workspace

    @property
    def method(self) -> str:
        """The method that was used, or that a search ended with."""
        return self.document["method"]

    @property
    def is_usable(self) -> bool:
        """Whether there is a likelihood, and limits move by no more than the tolerance."""
        return not self._is_refused

    @property
    def reason(self) -> str:
        """Why it is not usable; "" when it is."""
        if self.is_usable:
            return ""
        validity = self.document["validity"]
        for part in (self.document, validity or {}):
            if part.get("status", "ok") != "ok":
                return part["reason"]
        return "limits move by more than the tolerance"

    @property
    def notes(self) -> list[str]:
        """Doubts and choices, in words."""
        return list(self.document["notes"])

    @property
    def observed(self) -> LimitShift | None:
        """Observed limits; None when nothing was compared."""
        return None if self.document["validity"] is None else LimitShift(**self.document["validity"]["observed_limit"])

    @property
    def expected(self) -> LimitShift | None:
        """Median expected limits; None when nothing was compared."""
        return None if self.document["validity"] is None else LimitShift(**self.document["validity"]["expected_limits"][2])

    @property
    def largest_distance(self) -> float | None:
        """Between the profile likelihoods t of both along the signal strength; None when nothing was compared."""
        return None if self.document["validity"] is None else self.document["validity"]["profile_likelihood"]["largest_distance"]

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """Methods that a search tried, in order: method, observed_shift, expected_shift, status, reason."""
        return [dict(a) for a in self.document["attempts"]]

    def likelihood(self, *, force: bool = False) -> dict[str, Any]:
        """The document of relume's likelihood file. Raises OptionError when it is not usable, unless `force`."""
        self._check(force)
        assert self._likelihood is not None
        return json.loads(json.dumps(self._likelihood))

    def workspace(self, *, force: bool = False) -> Workspace:
        """The same as a workspace for any HistFactory program. Raises OptionError where that is not exact (third moments), or as `likelihood`."""
        self._check(force)
        if self._workspace is None:
            refuse("workspace", "a likelihood with third moments is no HistFactory workspace", "likelihood() has it; method linear leaves them out")
        return Workspace._wrap(self._workspace)

    def _check(self, force: bool) -> None:
        if self._likelihood is None:
            refuse("simplify", self.reason)
        if self._is_refused and not flag(force, "force"):
            refuse("simplify", self.reason, "force=True gives it all the same")

    def to_dict(self) -> dict[str, Any]:
        """The report that `relume simplify --report` writes, as new dictionaries and lists."""
        return json.loads(json.dumps(self.document))

    def __repr__(self) -> str:
        return self._table.rstrip()


def simplify(model: Model, method: str | None = None, *, controls: Sequence[str] = (), regions: Sequence[str] = (), fit_all_regions: bool = False,
             n_toys: int | None = None, seed: int | None = None, threads: int = 1, fixed: Mapping[str, float] = {}, decorrelate: bool = False, check: bool = True,
             tolerance: float | None = None, target_accuracy: float | None = None) -> Simplification:
    """A smaller likelihood that says nearly the same about signals, and limits of both side by side.

    `method`: "toys-prefit", "toys-postfit" (None), "linear", "postfit-total" or "linearised". `controls`: names of the control regions, which are
    fitted and are not in the result; all methods but toys-prefit and linearised need them, or `fit_all_regions`, which counts the data of
    signal regions twice. `regions`: channels of the result; without, all that are no control regions. `n_toys` (100000), `seed` (0), `threads`: draws of
    the parameters behind moments. `fixed`: parameters held. `decorrelate`: postfit-total, a parameter for each bin. `check`: compare the
    limits of both, on the model's signal or, where it has none, on a probe; beyond `tolerance` (relative, 0.1) the result is not usable.
    `target_accuracy`: instead of one method, try them from the smallest result to the largest until limits move by no more than this.
    Raises OptionError, UnknownNameError.
    """
    return Simplification(*_core.simplify(core_of(model), None if method is None else text(method, "method"), texts(controls, "controls"),
                                          texts(regions, "regions"), flag(fit_all_regions, "fit_all_regions"),
                                          None if n_toys is None else whole(n_toys, "n_toys", 1000, 10**9),
                                          None if seed is None else whole(seed, "seed", 0, 2**53 - 1), whole(threads, "threads", 1, 1024),
                                          numbers_by_name(fixed, "fixed"), flag(decorrelate, "decorrelate"), flag(check, "check"),
                                          None if tolerance is None else number(tolerance, "tolerance"),
                                          None if target_accuracy is None else number(target_accuracy, "target_accuracy")))
