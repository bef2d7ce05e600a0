# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A scan to draw, and what there is to see in a picture."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from matplotlib.container import ErrorbarContainer  # noqa: E402


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


@pytest.fixture
def fit(model):
    import relume

    return relume.fit(model, covariance=True)


def scan_document(n_x=6, n_y=6):
    """A plane in which the limit is 1 on the circle of radius 300; the band is a factor of 2 wide."""
    results = []
    for x in np.linspace(0, 500, n_x):
        for y in np.linspace(0, 400, n_y):
            value = float(np.exp((np.hypot(x, y) - 300) / 100))
            results.append({"name": f"p_{x:g}_{y:g}", "values": [x, y], "observed": value, "expected": [value * f for f in (0.25, 0.5, 1, 2, 4)],
                            "level": 0.95, "status": "ok"})
    return {"results": results, "labels": ["m_parent", "m_LSP"]}


def texts(legend):
    return [t.get_text() for t in legend.get_texts()]


def errorbars(ax):
    return [c for c in ax.containers if isinstance(c, ErrorbarContainer)]


def drawn(ax):
    """Everything can be rendered; returns the size of the picture in pixels."""
    ax.figure.canvas.draw()
    return ax.figure.canvas.get_width_height()
