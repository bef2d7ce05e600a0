# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sets of parameters: one or several components under one name, with or without a constraint."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["constrained_by_normal", "constrained_by_poisson", "constrained_paramset", "paramset", "unconstrained"]


def __dir__() -> list[str]:
    return __all__


class paramset:  # noqa: N801 (the names of these classes are part of the interface)
    """Suggested values of a set; `suggested_fixed` may be set, to one bool or one per component."""

    def __init__(self, **kwargs: Any) -> None:
        self.name = kwargs.pop("name")
        self.n_parameters = kwargs.pop("n_parameters")
        self.suggested_init = kwargs.pop("inits")
        self.suggested_bounds = kwargs.pop("bounds")
        self._suggested_fixed = kwargs.pop("fixed")
        self.is_scalar = kwargs.pop("is_scalar")
        if self.is_scalar and self.n_parameters != 1:
            raise ValueError(f"misconfigured parameter set {self.name}. Scalar but N>1 parameters.")

    @property
    def suggested_fixed(self) -> list[bool]:
        fixed = self._suggested_fixed
        return [fixed] * self.n_parameters if isinstance(fixed, bool) else fixed

    @suggested_fixed.setter
    def suggested_fixed(self, value: Any) -> None:
        assert isinstance(value, bool) or len(value) == self.n_parameters
        self._suggested_fixed = value

    @property
    def suggested_fixed_as_bool(self) -> bool:
        """Raises RuntimeError when some components are fixed and others are not."""
        fixed = self.suggested_fixed
        if any(f != fixed[0] for f in fixed):
            raise RuntimeError(f"{fixed} is neither all-True nor all-False, so not compressible")
        return fixed[0]


class unconstrained(paramset):  # noqa: N801
    """Without a constraint."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.constrained = False


class constrained_paramset(paramset):  # noqa: N801
    """With an auxiliary measurement per component."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.constrained = True


class constrained_by_normal(constrained_paramset):  # noqa: N801
    """Auxiliary data are normal around the parameter; there is an attribute `sigmas` unless all widths are 1 by definition."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pdf_type = "normal"
        self.auxdata = kwargs.pop("auxdata")
        sigmas = kwargs.pop("sigmas", None)
        if sigmas:
            self.sigmas = sigmas

    def width(self) -> list[float]:
        return getattr(self, "sigmas", [1.0] * self.n_parameters)


class constrained_by_poisson(constrained_paramset):  # noqa: N801
    """Auxiliary data are Poisson around parameter times factor."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pdf_type = "poisson"
        self.auxdata = kwargs.pop("auxdata")
        self.factors = kwargs.pop("factors")

    def width(self) -> list[float]:
        if not self.factors:
            raise RuntimeError(f"{self.name}: a Poisson constraint without factors has no width")
        return [math.sqrt(1.0 / factor) for factor in self.factors]
