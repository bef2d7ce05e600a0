# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Other packages' interfaces on relume's engine. For pyhf:

    import relume.compat
    relume.compat.install_as_pyhf()   # before anything imports pyhf
    import pyhf                       # relume.compat.pyhf, and so is every submodule

or `python -m relume.compat.run SCRIPT ...`, which runs an unmodified program that way. The real pyhf stays installed; where both are wanted in one
process, import it first and use `relume.compat.pyhf` by its own name.
"""

from .installation import install_as_pyhf, uninstall_pyhf
from .strictness import is_strict, strict

__all__ = ["install_as_pyhf", "is_strict", "strict", "uninstall_pyhf"]
