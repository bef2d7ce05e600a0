# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line."""

from ..contrib import cli as contrib
from .cli import pyhf as cli
from .complete import cli as complete
from .infer import cli as infer
from .rootio import cli as rootio
from .spec import cli as spec

__all__ = ["cli", "complete", "contrib", "infer", "rootio", "spec"]


def __dir__() -> list[str]:
    return __all__
