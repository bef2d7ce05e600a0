# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The seven modifiers of HistFactory, each a pair of builder and applier."""

from .histosys import histosys_builder, histosys_combined
from .lumi import lumi_builder, lumi_combined
from .normfactor import normfactor_builder, normfactor_combined
from .normsys import normsys_builder, normsys_combined
from .shapefactor import shapefactor_builder, shapefactor_combined
from .shapesys import shapesys_builder, shapesys_combined
from .staterror import staterror_builder, staterror_combined

__all__ = [
    "histfactory_set", "histosys", "histosys_builder", "histosys_combined", "lumi", "lumi_builder", "lumi_combined", "normfactor",
    "normfactor_builder", "normfactor_combined", "normsys", "normsys_builder", "normsys_combined", "shapefactor", "shapefactor_builder",
    "shapefactor_combined", "shapesys", "shapesys_builder", "shapesys_combined", "staterror", "staterror_builder", "staterror_combined",
]

#: In the order in which parameters are laid out.
histfactory_set = {
    "histosys": (histosys_builder, histosys_combined),
    "lumi": (lumi_builder, lumi_combined),
    "normfactor": (normfactor_builder, normfactor_combined),
    "normsys": (normsys_builder, normsys_combined),
    "shapefactor": (shapefactor_builder, shapefactor_combined),
    "shapesys": (shapesys_builder, shapesys_combined),
    "staterror": (staterror_builder, staterror_combined),
}


def __dir__() -> list[str]:
    return __all__
