# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a list of channels consists of."""

from __future__ import annotations

from typing import Any


class _ChannelSummaryMixin:
    """Sorted names of channels, samples and (modifier, type) pairs; bins per channel."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        channels = kwargs.pop("channels")
        super().__init__(*args, **kwargs)
        self._channel_nbins = {channel["name"]: len(channel["samples"][0]["data"]) for channel in sorted(channels, key=lambda c: c["name"])}
        self._channels = list(self._channel_nbins)
        self._samples = sorted({sample["name"] for channel in channels for sample in channel["samples"]})
        self._modifiers = sorted({(modifier["name"], modifier["type"]) for channel in channels for sample in channel["samples"]
                                  for modifier in sample["modifiers"]})
        self._channel_slices = {}
        begin = 0
        for name, n_bins in self._channel_nbins.items():
            self._channel_slices[name] = slice(begin, begin + n_bins)
            begin += n_bins

    @property
    def channels(self) -> list[str]:
        """In the order of the data."""
        return self._channels

    @property
    def samples(self) -> list[str]:
        return self._samples

    @property
    def modifiers(self) -> list[tuple[str, str]]:
        return self._modifiers

    @property
    def channel_nbins(self) -> dict[str, int]:
        return self._channel_nbins

    @property
    def channel_slices(self) -> dict[str, slice]:
        """Where each channel's bins stand in the data."""
        return self._channel_slices
