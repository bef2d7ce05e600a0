# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The bridge to relume's compiled likelihoods: what of a pyhf model the engine computes.

Everything here gives the plain numbers; shapes, flags and exceptions that callers of pyhf expect are the business of the modules that use it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import _core
from ...errors import RelumeError

#: Interpolation codes by pyhf's names. Its code 2 jumps at one sigma, and so does ours under that name.
_NORMSYS = {"code1": "code1", "code4": "code4"}
_HISTOSYS = {"code0": "code0", "code2": "code2-pyhf", "code4p": "code4p"}
#: What pyhf's appliers use when the settings do not mention them.
_UNSET_NORMSYS, _UNSET_HISTOSYS = "code1", "code0"
#: Iterations per attempt: certified fits of real models take 5 to 30.
_MAX_ITERATIONS = 200


class Engine:
    """A compiled model. Parameters and data are vectors in pyhf's order, which is relume's."""

    def __init__(self, core: Any, codes: tuple[str, str], clips: tuple[float | None, float | None]) -> None:
        self.core = core
        self.codes, self.clips = codes, clips
        self._by_poi: dict[str, Any] = {}

    @classmethod
    def compile(cls, spec: Mapping[str, Any], poi: str, settings: Mapping[str, Any], clips: tuple[float | None, float | None]) -> Engine | None:
        """None when the engine refuses the specification, for whatever reason: pyhf's own rules decide then."""
        codes = _codes(settings)
        if codes is None:
            return None
        try:
            document = {
                "channels": spec["channels"],
                "observations": [{"name": c["name"], "data": [0.0] * len(c["samples"][0]["data"])} for c in spec["channels"]],
                "measurements": [{"name": "measurement", "config": {"poi": "", "parameters": spec.get("parameters", [])}}],
                "version": "1.0.0",
            }
            workspace = _core.Workspace.from_document(document, "spec")
            try:
                core = _core.compile(workspace, "", poi, *codes, *clips)
            except RelumeError:
                core = _core.compile(workspace, "", "", *codes, *clips)
        except (RelumeError, KeyError, TypeError, AttributeError, IndexError):
            return None
        engine = cls(core, codes, clips)
        engine._by_poi[poi if core.poi is not None else ""] = core
        return engine

    def for_poi(self, name: str) -> Any:
        """The compiled model with this parameter of interest."""
        if name not in self._by_poi:
            self._by_poi[name] = _core.compile(self.core.workspace, "", name, *self.codes, *self.clips)
        return self._by_poi[name]

    def nll(self, parameters: np.ndarray, data: np.ndarray) -> float:
        """-ln L with all constants; NaN where the engine does not evaluate (negative rates, negative or infinite data)."""
        try:
            value = self.core.nll(parameters, data)
        except (RelumeError, TypeError):
            return np.nan
        return value if np.isfinite(value) else np.nan

    def gradient(self, parameters: np.ndarray, data: np.ndarray) -> tuple[float, np.ndarray]:
        """-ln L and its derivatives."""
        return self.core.value_and_grad(parameters, data)

    def minimum(self, data: np.ndarray, fixed: Sequence[tuple[int, float]], start: np.ndarray, bounds: np.ndarray,
                maxiter: int | None) -> tuple[np.ndarray, float, bool, str, int]:
        """Point, -2 ln L, whether it is certified, the reason in words, iterations."""
        return _core.minimum(self.core, data, [(int(i), float(v)) for i, v in fixed], np.ascontiguousarray(start), np.ascontiguousarray(bounds[:, 0]),
                             np.ascontiguousarray(bounds[:, 1]), _MAX_ITERATIONS if maxiter is None else max(1, min(int(maxiter), _MAX_ITERATIONS)))

    def hypotest(self, poi: str, value: float, data: np.ndarray, test_stat: str, fixed: Sequence[tuple[int, float]]) -> dict[str, Any]:
        """The document of relume.hypotest."""
        core = self.for_poi(poi)
        names = core.parameter_names if fixed else []
        return _core.hypotest(core, value, data, test_stat, "a-posteriori", [(names[i], float(v)) for i, v in fixed], None)

    def __copy__(self) -> Engine:
        return self

    def __deepcopy__(self, memo: dict) -> Engine:
        return self

    def __reduce__(self) -> tuple:
        return _unpickle, (self.core.state(), self.codes, self.clips)


def _unpickle(state: tuple, codes: tuple[str, str], clips: tuple[float | None, float | None]) -> Engine:
    return Engine(_core.Model.from_state(*state), codes, clips)


def _codes(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    """Codes of normsys and histosys; None when the settings say something else than a code that both know."""
    if set(settings) - {"normsys", "histosys"} or any(set(options) - {"interpcode"} for options in settings.values()):
        return None
    normsys = settings.get("normsys", {}).get("interpcode", _UNSET_NORMSYS)
    histosys = settings.get("histosys", {}).get("interpcode", _UNSET_HISTOSYS)
    if normsys not in _NORMSYS or histosys not in _HISTOSYS:
        return None
    return _NORMSYS[normsys], _HISTOSYS[histosys]


def is_own(thing: Any, owner: type, *methods: str) -> bool:
    """Whether these methods of `thing` are those of the class `owner`: no subclass has its own, and none was put on the object."""
    attributes, kind = getattr(thing, "__dict__", {}), type(thing)
    return all(name not in attributes and getattr(kind, name) is getattr(owner, name) for name in methods)


def of(pdf: Any) -> Engine | None:
    """The engine behind a model, for fits and tests.

    None for a model that Python evaluates, for one whose densities or expected data somebody has replaced, and for objects that only look like one.
    """
    from .pdf import Model

    if not issubclass(type(pdf), Model) or not is_own(pdf, Model, "logpdf", "expected_data"):
        return None
    return pdf._compiled()


def vector(values: Any) -> np.ndarray:
    """One dimension; a batch of one counts as its only row."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    return array[0] if array.ndim == 2 and len(array) == 1 else array
