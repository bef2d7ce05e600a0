# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of results, with matplotlib and the styles of mplhep.

    fit = relume.fit(model, covariance=True)
    relume.plot.pulls(fit, model)
    relume.plot.data_prediction(model, fit)

Every function takes what it shows and `ax`, the axes to draw into (None: a new figure, in `style`), and returns the axes;
`ax.figure.savefig(...)` writes the picture. `style` is a name of mplhep ("ATLAS", "CMS", "LHCb2", "ALICE", …), a dictionary of
matplotlib settings, or None for what matplotlib is set to; it only matters for a new figure. `x_label`, `y_label` and `title` replace
the text at the axes and above them. What cannot be drawn raises OptionError, or UnknownNameError. `python -m relume.plot` draws what
the command line computed.
"""

from importlib.util import find_spec

for _package in ("matplotlib", "mplhep"):
    if find_spec(_package) is None:
        raise ImportError(f'relume.plot needs {_package}: pip install "relume[plot]"', name=_package)

from .contour import exclusion  # noqa: E402
from .band import brazil_band  # noqa: E402
from .correlations import correlation  # noqa: E402
from .impacts import ranking  # noqa: E402
from .goodness import goodness, goodness_toys, residuals  # noqa: E402
from .likelihood import Scan, likelihood_scan, scan  # noqa: E402
from .profile_contours import likelihood_contours  # noqa: E402
from .points import Point, Table, read_table  # noqa: E402
from .posterior import corner  # noqa: E402
from .prediction import data_prediction, yields  # noqa: E402
from .nuisances import pulls  # noqa: E402
from .samples import stack  # noqa: E402
from .toys import toy_distributions  # noqa: E402

__all__ = [
    "Point", "Scan", "Table", "brazil_band", "correlation", "data_prediction", "exclusion", "goodness", "goodness_toys",
    "likelihood_contours", "likelihood_scan", "pulls", "ranking", "read_table", "residuals", "scan", "stack", "toy_distributions", "yields",
    "Point", "Scan", "Table", "brazil_band", "corner", "correlation", "data_prediction", "exclusion", "likelihood_contours", "likelihood_scan",
    "pulls", "ranking", "read_table", "scan", "stack", "toy_distributions", "yields",
]
