// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What results share: what they end with (whether it worked out, what it cost), and the names of the expected band.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "relume/infer/hypotest.hpp"
#include "relume/report/json.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

inline constexpr std::array<const char*, 5> band_titles = {"-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma"};

inline spec::Json or_null(double value, bool exists) {
  return exists && std::isfinite(value) ? spec::Json(value) : spec::Json(nullptr);
}
inline spec::Json or_null(const std::optional<double>& value) {
  return value ? spec::Json(*value) : spec::Json(nullptr);
}

template <class Result>
void add_ending(spec::JsonObject& object, const Result& result) {
  object.emplace_back("status", infer::to_string(result.status));
  object.emplace_back("reason", result.reason);
  object.emplace_back("notes", to_json(result.notes));
  object.emplace_back("n_fits", result.n_fits);
  object.emplace_back("seconds", result.seconds);
}

template <class Result>
std::string status_text(const Result& result) {
  const auto status = infer::to_string(result.status);
  return result.reason.empty() ? std::string(status) : fmt::format("{}: {}", status, result.reason);
}

}  // namespace relume::report
