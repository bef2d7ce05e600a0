# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Copies of JSON documents, cheaply."""

from __future__ import annotations

import copy
import pickle
from typing import Any


def copied(document: Any) -> Any:
    """A deep copy: several times faster than copy.deepcopy where pickle can do it."""
    try:
        return pickle.loads(pickle.dumps(document, protocol=pickle.HIGHEST_PROTOCOL))
    except (pickle.PicklingError, AttributeError, TypeError):
        return copy.deepcopy(document)


class Snapshot:
    """A document as it was: later changes of the original do not reach it. Copied out only when somebody looks."""

    def __init__(self, document: Any) -> None:
        self._document = self._bytes = None
        try:
            self._bytes = pickle.dumps(document, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError):
            self._document = copy.deepcopy(document)

    @property
    def document(self) -> Any:
        if self._document is None:
            self._document = pickle.loads(self._bytes)
        return self._document
