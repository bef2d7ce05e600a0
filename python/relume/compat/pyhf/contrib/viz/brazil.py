# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""CLs over signal strength with its expected bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["BrazilBandCollection", "plot_brazil_band", "plot_cls_components", "plot_results"]


def __dir__() -> list[str]:
    return __all__


class BrazilBandCollection(NamedTuple):
    """What was drawn; None for what was not."""

    cls_obs: Any
    cls_exp: Any
    one_sigma_band: Any
    two_sigma_band: Any
    test_size: Any
    clsb: Any
    clb: Any
    axes: Any


def plot_brazil_band(test_pois: Sequence[float], cls_obs: Any, cls_exp: Any, test_size: float, ax: Any, **kwargs: Any) -> tuple:
    """Observed line, expected lines, one-sigma band, two-sigma band, line of the test size. `kwargs`: color, test_size_color, test_size_linestyle."""
    color = kwargs.get("color", "black")
    (observed,) = ax.plot(test_pois, cls_obs, color=color, label=r"$\mathrm{CL}_{s}$")
    expected = []
    for i, curve in enumerate(cls_exp):
        is_median = i == len(cls_exp) // 2
        expected += ax.plot(test_pois, curve, color=color, linestyle="dashed" if is_median else "dotted",
                            label=r"$\mathrm{CL}_{s,\mathrm{exp}}$" if is_median else None)
    two = ax.fill_between(test_pois, cls_exp[0], cls_exp[-1], facecolor="yellow", label=r"$\pm2\sigma$ $\mathrm{CL}_{s,\mathrm{exp}}$")
    one = ax.fill_between(test_pois, cls_exp[1], cls_exp[-2], facecolor="green", label=r"$\pm1\sigma$ $\mathrm{CL}_{s,\mathrm{exp}}$")
    (size,) = ax.plot(test_pois, np.full(len(test_pois), test_size), color=kwargs.get("test_size_color", "red"),
                      linestyle=kwargs.get("test_size_linestyle", "solid"), label=rf"$\alpha={test_size}$")
    return observed, expected, one, two, size


def plot_cls_components(test_pois: Sequence[float], tail_probs: Any, ax: Any, **kwargs: Any) -> tuple:
    """Lines of CLs+b and CLb. `kwargs`: linewidth, no_clsb, no_clb, clsb_color, clb_color."""
    lines = []
    for column, name, label, color in ((0, "clsb", "s+b", "red"), (1, "clb", "b", "blue")):
        if kwargs.get(f"no_{name}", False):
            lines.append(None)
            continue
        lines += ax.plot(test_pois, np.array([pair[column] for pair in tail_probs]), color=kwargs.get(f"{name}_color", color),
                         linewidth=kwargs.get("linewidth", 2), label=rf"$\mathrm{{CL}}_{{{label}}}$")
    return tuple(lines)


def plot_results(test_pois: Sequence[float], tests: Sequence, test_size: float = 0.05, ax: Any = None, **kwargs: Any) -> BrazilBandCollection:
    """Draws results of hypotest with return_expected_set, and for `components=True` return_tail_probs, over their signal strengths."""
    import matplotlib.pyplot as plt

    ax = plt.gca() if ax is None else ax
    components, no_cls = kwargs.pop("components", False), kwargs.pop("no_cls", False)
    if components and len(tests[0]) != 3:
        raise ValueError(f"The components of 'tests' should have len of 3 to visualize the CLs components but have len {len(tests[0])}."
                         "\n'tests' should have format of: [CLs_obs, [CLsb, CLb], [CLs_exp band]]")
    observed = np.array([float(np.ravel(test[0])[0]) for test in tests])
    expected = list(np.array([[float(p) for p in test[-1]] for test in tests]).T)
    band = (None,) * 5 if no_cls else plot_brazil_band(test_pois, observed, expected, test_size, ax, **kwargs)
    lines = plot_cls_components(test_pois, [test[1] for test in tests], ax, **kwargs) if components else (None, None)
    ax.set_xlabel(kwargs.get("xlabel", r"$\mu$ (POI)"))
    ax.set_ylabel(kwargs.get("ylabel", r"$\mathrm{CL}_{s}$"))
    ax.set_ylim(*((test_size * 0.1, 1) if ax.get_yscale() == "log" else (0, 1)))
    ax.legend(loc="best")
    return BrazilBandCollection(*band, *lines, ax)
