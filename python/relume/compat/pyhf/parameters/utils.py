# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf's name for where requirements are merged."""

from .requirements import reduce_paramsets_requirements

__all__ = ["reduce_paramsets_requirements"]


def __dir__() -> list[str]:
    return __all__
