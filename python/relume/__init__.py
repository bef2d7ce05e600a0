# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume: fits, limits and p-values of published models, exact, in milliseconds.

    ws = relume.read("BkgOnly.json")
    model = ws.with_signal({"SR": [1.2, 3.4]}).model()
    relume.upper_limit(model)
"""

from ._core import __version__
from .errors import FileError, InputError, OptionError, Problem, RelumeError, UnknownNameError
from .inference import fit, hypotest, limit_gradient, significance, upper_limit
from .limits import LimitRow, LimitTable, limits
from .model import Channel, Model
from .results import Discovery, FitResult, HypoTest, Limit, LimitGradient, ParameterValue, Parameters
from .spec import Patch, PatchSet, Signal, Workspace, read

__all__ = [
    "Channel", "Discovery", "FileError", "FitResult", "HypoTest", "InputError", "Limit", "LimitGradient", "LimitRow", "LimitTable", "Model", "OptionError", "ParameterValue", "Parameters",
    "Patch", "PatchSet", "Problem", "RelumeError", "Signal", "UnknownNameError", "Workspace", "__version__", "fit", "hypotest", "limit_gradient", "limits", "read", "significance", "upper_limit",
]
