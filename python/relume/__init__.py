# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume: fits, limits and p-values of published models, exact, in milliseconds.

    ws = relume.read("BkgOnly.json")
    model = ws.with_signal({"SR": [1.2, 3.4]}).model()
    relume.upper_limit(model)

Yields are expected numbers of events at signal strength 1, data are numbers of events, and limits are on the signal strength: 1 is the
prediction. Vectors of parameters have shape (n_parameters,), in the order of `Model.parameter_names`; vectors of data have shape (n_data,):
main data of all channels, then auxiliary data. Arrays are numpy's, in double precision. Uncertainties are standard deviations.

Bad input raises RelumeError, a ValueError that lists every problem; its kinds are InputError (documents), OptionError (arguments),
UnknownNameError (both) and FileError. Numbers that do not work out raise nothing: results have `status`, `reason` and `is_usable`.
`__version__` is the version of the package.
"""

from ._core import __version__
from .contours import Contour, Contours, ProfileGrid, RatioTest, contour, scan_grid, test
from .counting import CountingLimits, CountingTests, RegionChoice, counting_limits, counting_tests, most_sensitive_region
from .errors import FileError, InputError, OptionError, Problem, RelumeError, UnknownNameError
from .goodness import BinResidual, ChannelStrength, Compatibility, GoodnessOfFit, compatibility, goodness
from .hygiene import Finding, Findings, SmallPruning, validate
from .impacts import GroupImpact, Impact, ImpactPair, Impacts, ImpactSide, impacts
from .inference import fit, hypotest, intervals, limit_gradient, scan, significance, toys, upper_limit
from .limits import LimitRow, LimitTable, limits
from .maps import MapLimits, MassMaps, map_topologies, signal_from_maps, upper_limits_at
from .marginal import MarginalModel, marginalise
from .model import Channel, Model
from .publication import Publication
from .posterior import Estimate, Posterior, PosteriorParameter, posterior
from .results import Discovery, FitResult, HypoTest, Interval, Intervals, Limit, LimitGradient, ParameterValue, Parameters, ProfileScan, ToySample, ToyTest
from .simplify import LimitShift, Simplification, simplify
from .toy_limits import ToyInterval, ToyLimit, feldman_cousins, merge_toys, toy_limit
from .spec import Patch, PatchSet, Signal, Workspace, read
from .yields import BinYields, ChannelYields, Propagated, Yields, propagate, yields

__all__ = [
    "BinResidual", "BinYields", "Channel", "ChannelStrength", "ChannelYields", "Compatibility", "Contour", "Contours", "CountingLimits",
    "CountingTests", "Discovery", "Estimate", "FileError", "Finding", "Findings", "FitResult", "GoodnessOfFit", "GroupImpact",
    "HypoTest", "Impact", "ImpactPair", "ImpactSide", "Impacts", "InputError", "Interval", "Intervals", "Limit", "LimitGradient",
    "LimitRow", "LimitShift", "LimitTable", "MapLimits", "MarginalModel", "MassMaps", "Model", "OptionError", "ParameterValue", "Parameters", "Patch",
    "PatchSet", "Posterior", "PosteriorParameter", "Problem", "ProfileGrid", "ProfileScan", "Propagated", "Publication", "RatioTest",
    "RegionChoice", "RelumeError", "Signal", "Simplification", "SmallPruning", "ToyInterval", "ToyLimit", "ToySample", "ToyTest",
    "UnknownNameError", "Workspace", "Yields", "__version__", "compatibility", "contour", "counting_limits", "counting_tests",
    "feldman_cousins", "fit", "goodness", "hypotest", "impacts", "intervals", "limit_gradient", "limits", "map_topologies",
    "marginalise", "merge_toys", "most_sensitive_region", "posterior", "propagate", "read", "scan", "scan_grid", "signal_from_maps", "significance",
    "simplify", "test", "toy_limit", "toys", "upper_limit", "upper_limits_at", "validate", "yields",
]
