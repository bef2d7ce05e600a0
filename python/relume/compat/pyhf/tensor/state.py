# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tensor library and optimizer in use: apart from who sets them, so that everybody can ask."""

from __future__ import annotations

from typing import Any

state: dict[str, tuple[Any, Any]] = {}


def get_backend(default: bool = False) -> tuple[Any, Any]:
    """Tensor library and optimizer."""
    return state["default" if default else "current"]
