// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/spec/workspace.hpp"

#include <array>

namespace relume::spec {
namespace {

constexpr std::array<std::string_view, n_modifier_types> type_names = {
    "histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"};

}  // namespace

std::string_view to_string(ModifierType type) { return type_names[static_cast<std::size_t>(type)]; }

std::optional<ModifierType> modifier_type_from_string(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i) {
    if (type_names[i] == name) return static_cast<ModifierType>(i);
  }
  return std::nullopt;
}

bool is_within_schema(const Workspace& workspace) {
  if (!workspace.correlations.empty() || workspace.constraints_are_priors) return false;
  for (const Channel& channel : workspace.channels) {
    for (const Sample& sample : channel.samples) {
      for (const Modifier& modifier : sample.modifiers) {
        const auto* histograms = std::get_if<HistoSysData>(&modifier.data);
        if (histograms != nullptr && histograms->is_parabola) return false;
      }
    }
  }
  return true;
}

}  // namespace relume::spec
