# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""python -m relume.compat.pyhf"""

from .cli.cli import pyhf

pyhf(prog_name="pyhf")
