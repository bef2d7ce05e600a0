# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The version of pyhf whose interface this is."""

__version__ = version = "0.7.6"
__version_tuple__ = version_tuple = (0, 7, 6)
