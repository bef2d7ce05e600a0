// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>

#include <fmt/format.h>

#include "edit/names.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Workspace;

std::optional<Symmetrisation> symmetrisation_from_string(std::string_view name) {
  for (const Symmetrisation method :
       {Symmetrisation::average, Symmetrisation::mirror, Symmetrisation::maximum, Symmetrisation::absolute}) {
    if (to_string(method) == name) return method;
  }
  return std::nullopt;
}

std::string_view to_string(Symmetrisation method) {
  switch (method) {
    case Symmetrisation::average: return "average";
    case Symmetrisation::mirror: return "mirror";
    case Symmetrisation::maximum: return "maximum";
    case Symmetrisation::absolute: return "absolute";
  }
  return "";
}

namespace {

/// The change at +1 sigma that becomes that of both sides. Both are changes from the nominal value.
double both_sides(double down, double up, bool is_one_sided, Symmetrisation method) {
  switch (method) {
    case Symmetrisation::average:
    case Symmetrisation::mirror: return is_one_sided ? up - down : 0.5 * (up - down);
    case Symmetrisation::maximum: return std::fabs(up) >= std::fabs(down) ? up : -down;
    case Symmetrisation::absolute: return std::copysign(0.5 * (std::fabs(up) + std::fabs(down)), up - down);
  }
  return 0.0;
}

void symmetrise(spec::NormSysData& data, const std::string& where, Symmetrisation method, Errors& errors) {
  const double down = data.lo.value - 1.0, up = data.hi.value - 1.0;
  const bool is_one_sided = (down == 0.0) != (up == 0.0);
  if ((method == Symmetrisation::mirror && !is_one_sided) || up == -down) return;
  const double change = both_sides(down, up, is_one_sided, method);
  if (std::fabs(change) > 1.0) {
    errors.push_back({ErrorCode::model, where,
                      fmt::format("lo {} and hi {} would become {} and {}, and a factor cannot be negative",
                                  data.lo.value, data.hi.value, 1.0 - change, 1.0 + change),
                      "leave it out, or choose the modifiers to symmetrise by name"});
    return;
  }
  data = {1.0 - change, 1.0 + change};
}

void symmetrise(spec::HistoSysData& data, const spec::Numbers& nominal, Symmetrisation method) {
  const bool is_one_sided = (data.lo == nominal) != (data.hi == nominal);
  if (method == Symmetrisation::mirror && !is_one_sided) return;
  for (std::size_t b = 0; b < nominal.size(); ++b) {
    const double n = nominal[b].value, down = data.lo[b].value - n, up = data.hi[b].value - n;
    if (up == -down) continue;
    const double change = both_sides(down, up, is_one_sided, method);
    data.lo[b] = n - change;
    data.hi[b] = n + change;
  }
}

}  // namespace

Result<Workspace> symmetrise(const Workspace& workspace, const SymmetriseOptions& options) {
  Errors errors = find_unknown(workspace, options.where);
  if (!errors.empty()) return errors;
  const Selection selected(options.where);
  Workspace symmetric = workspace;
  for (spec::Channel& channel : symmetric.channels) {
    for (spec::Sample& sample : channel.samples) {
      if (!selected(channel, sample)) continue;
      for (spec::Modifier& modifier : sample.modifiers) {
        if (!selected(modifier)) continue;
        if (auto* norm = std::get_if<spec::NormSysData>(&modifier.data)) {
          symmetrise(*norm,
                     fmt::format("channel '{}', sample '{}', normsys '{}'", channel.name, sample.name, modifier.name),
                     options.method, errors);
        } else if (auto* histograms = std::get_if<spec::HistoSysData>(&modifier.data)) {
          symmetrise(*histograms, sample.data, options.method);
        }
      }
    }
  }
  if (!errors.empty()) return errors;
  if (Errors problems = spec::validate(symmetric, "the symmetrised workspace"); !problems.empty()) return problems;
  return symmetric;
}

}  // namespace relume::edit
