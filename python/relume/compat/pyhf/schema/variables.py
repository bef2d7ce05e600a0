# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where schemas are looked for, and those that were read."""

from __future__ import annotations

from importlib import resources
from typing import Any

schemas: Any = resources.files(__package__.rpartition(".")[0]) / "schemas"
SCHEMA_CACHE: dict[str, Any] = {}
SCHEMA_BASE = "https://scikit-hep.org/pyhf/schemas/"
SCHEMA_VERSION = "1.0.0"
#: The folder of the package itself: what the engine checks is what these say.
OWN_SCHEMAS = schemas
