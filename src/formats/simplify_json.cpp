// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/simplify_json.hpp"

#include <fmt/format.h>

#include "relume/spec/validate.hpp"

namespace relume::formats {

using spec::Numbers;

Result<spec::Workspace> workspace_from_postfit(const std::vector<PostfitChannel>& channels,
                                               const PostfitOptions& options) {
  spec::Workspace workspace;
  Errors errors;
  for (const PostfitChannel& channel : channels) {
    const std::size_t n_bins = channel.yields.size();
    if (channel.uncertainties.size() != n_bins || channel.observed.size() != n_bins) {
      errors.push_back({ErrorCode::schema,
                        channel.name,
                        fmt::format("there are {} yields, {} uncertainties and {} observed counts", n_bins,
                                    channel.uncertainties.size(), channel.observed.size()),
                        {}});
      continue;
    }
    spec::HistoSysData variation;
    Numbers nominal;
    for (std::size_t b = 0; b < n_bins; ++b) {
      if (channel.uncertainties[b] < 0.0) {
        errors.push_back({ErrorCode::schema,
                          channel.name,
                          fmt::format("the uncertainty of bin {} is negative: {}", b, channel.uncertainties[b]),
                          {}});
      }
      nominal.emplace_back(channel.yields[b]);
      // May go below zero where the uncertainty exceeds the yield, as it does in published files.
      variation.lo.emplace_back(channel.yields[b] - channel.uncertainties[b]);
      variation.hi.emplace_back(channel.yields[b] + channel.uncertainties[b]);
    }
    spec::Modifier total{.name = "totalError", .type = spec::ModifierType::histosys, .data = std::move(variation)};
    workspace.channels.push_back(
        {channel.name, {{.name = "Bkg", .data = std::move(nominal), .modifiers = {std::move(total)}}}});
    workspace.observations.push_back({channel.name, Numbers(channel.observed.begin(), channel.observed.end())});
  }
  workspace.measurements.push_back({.name = options.measurement, .poi = options.poi, .parameters = options.parameters});
  for (spec::ParameterConfig& parameter : workspace.measurements.front().parameters) parameter.fixed = true;
  if (!errors.empty()) return errors;
  if (Errors wrong = spec::validate(workspace, "the simplified workspace"); !wrong.empty()) return wrong;
  return workspace;
}

}  // namespace relume::formats
