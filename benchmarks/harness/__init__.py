# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the scenarios share: cases, running contenders, results, tables."""
