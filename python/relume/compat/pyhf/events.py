# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Named events and who listens to them. Listeners are held weakly: subscribing does not keep an object alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

__all__ = ["Callables", "disable", "enable", "noop", "register", "subscribe", "trigger"]


def __dir__() -> list[str]:
    return __all__


def noop(*args: Any, **kwargs: Any) -> None:
    """What an event without listeners, or a disabled one, does."""


class Callables:
    """The listeners of one event, in the order in which they came; those that died are dropped."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[Any, Any]] = []

    @property
    def callbacks(self) -> list[tuple[Any, Any]]:
        """Pairs of weak references: the function, and the object it is bound to (or None)."""
        self._flush()
        return self._callbacks

    def append(self, callback: Callable) -> None:
        owner = getattr(callback, "__self__", None)
        if owner is None or not hasattr(callback, "__func__"):
            self._callbacks.append((weakref.ref(callback), None))
        else:
            self._callbacks.append((weakref.ref(callback.__func__), weakref.ref(owner)))

    def _flush(self) -> None:
        self._callbacks = [(f, owner) for f, owner in self._callbacks if f() is not None and (owner is None or owner() is not None)]

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        for function, owner in list(self._callbacks):
            f, o = function(), None if owner is None else owner()
            if f is None or (owner is not None and o is None):
                continue
            f(*args, **kwargs) if owner is None else f(o, *args, **kwargs)
        self._flush()

    def __iter__(self) -> Iterator:
        return iter(self.callbacks)

    def __getitem__(self, index: int) -> Any:
        return self.callbacks[index]

    def __len__(self) -> int:
        return len(self.callbacks)

    def __repr__(self) -> str:
        return f"Callables({self.callbacks})"


_listeners: dict[str, Callables] = {}
_disabled: set[str] = set()


def subscribe(event: str) -> Callable:
    """Decorator: the function hears of every later event of this name."""

    def remember(function: Callable) -> Callable:
        _listeners.setdefault(event, Callables()).append(function)
        return function

    return remember


def register(event: str) -> Callable:
    """Decorator: each call of the function fires event::before and event::after."""

    def announce(function: Callable) -> Callable:
        @wraps(function)
        def announced(*args: Any, **kwargs: Any) -> Any:
            trigger(f"{event}::before")()
            result = function(*args, **kwargs)
            trigger(f"{event}::after")()
            return result

        return announced

    return announce


def trigger(event: str) -> Callable:
    """What to call to fire the event."""
    return noop if event in _disabled or event not in _listeners else _listeners[event]


def disable(event: str) -> None:
    _disabled.add(event)


def enable(event: str) -> None:
    """Raises KeyError when the event was not disabled."""
    _disabled.remove(event)
