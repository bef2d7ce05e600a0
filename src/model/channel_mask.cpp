// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/channel_mask.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"

namespace relume::model {

Result<std::vector<std::size_t>> channel_places(const Likelihood& likelihood, std::span<const std::string> names) {
  const auto channels = likelihood.channels();
  std::vector<std::size_t> places;
  Errors errors;
  for (const std::string& name : names) {
    const auto at =
        std::find_if(channels.begin(), channels.end(), [&](const ChannelInfo& c) { return c.name == name; });
    if (at != channels.end()) {
      places.push_back(static_cast<std::size_t>(at - channels.begin()));
      continue;
    }
    std::vector<std::string> known;
    for (const ChannelInfo& c : channels) known.push_back(c.name);
    errors.push_back(
        {ErrorCode::reference, {}, fmt::format("no channel is called '{}'", name), hint_for_unknown(name, known)});
  }
  if (!errors.empty()) return errors;
  return places;
}

namespace {

Result<Data> mask(const Likelihood& likelihood, Data data, const std::vector<char>& masked) {
  if (std::find(masked.begin(), masked.end(), 1) == masked.end()) return data;
  if (!likelihood.has_channel_masks()) {
    return Error{ErrorCode::unsupported, {}, "this kind of likelihood cannot leave channels out", {}};
  }
  data.masked.resize(masked.size(), 0);
  for (std::size_t c = 0; c < masked.size(); ++c) data.masked[c] |= masked[c];
  if (std::find(data.masked.begin(), data.masked.end(), 0) == data.masked.end()) {
    return Error{ErrorCode::option, {}, "all channels are masked: there are no data left", "leave one of them in"};
  }
  return data;
}

}  // namespace

Result<Data> mask_channels(const Likelihood& likelihood, Data data, std::span<const std::string> names) {
  const auto places = channel_places(likelihood, names);
  if (!places) return places.errors();
  std::vector<char> masked(likelihood.channels().size(), 0);
  for (const std::size_t place : *places) masked[place] = 1;
  return mask(likelihood, std::move(data), masked);
}

Result<Data> only_channels(const Likelihood& likelihood, Data data, std::span<const std::string> names) {
  const auto places = channel_places(likelihood, names);
  if (!places) return places.errors();
  std::vector<char> masked(likelihood.channels().size(), 1);
  for (const std::size_t place : *places) masked[place] = 0;
  return mask(likelihood, std::move(data), masked);
}

std::vector<std::string> masked_channels(const Likelihood& likelihood, const Data& data) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < likelihood.channels().size(); ++c) {
    if (data.is_masked(c)) names.push_back(likelihood.channels()[c].name);
  }
  return names;
}

std::string note_of_mask(const Likelihood& likelihood, const Data& data) {
  const std::vector<std::string> names = masked_channels(likelihood, data);
  return names.empty() ? "" : "the data of " + quoted_list(names, " and ") + " are not used";
}

}  // namespace relume::model
