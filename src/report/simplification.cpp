// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/simplification.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using reinterpret::Attempt;
using reinterpret::Moments;
using reinterpret::RegionCheck;
using reinterpret::Simplification;
using reinterpret::Validity;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

JsonArray to_array(const std::vector<double>& values) {
  JsonArray array;
  for (const double v : values) array.emplace_back(or_null(v, true));
  return array;
}

Json element(const std::vector<double>& values, std::size_t i) {
  return i < values.size() ? or_null(values[i], true) : Json(nullptr);
}

JsonArray regions_to_json(const Simplification& simplification) {
  const Moments& m = simplification.moments;
  const auto& likelihood = std::get<spec::SimplifiedLikelihood>(simplification.publication.value);
  JsonArray regions;
  for (std::size_t i = 0; i < likelihood.regions.size(); ++i) {
    JsonObject region;
    region.emplace_back("name", likelihood.regions[i].name);
    region.emplace_back("observed", likelihood.regions[i].observed);
    region.emplace_back("nominal", m.nominal[i]);
    region.emplace_back("background", m.mean[i]);
    region.emplace_back("background_error", element(m.mean_error, i));
    region.emplace_back("variance", m.variance(i));
    region.emplace_back("variance_error", element(m.covariance_error, i * m.size() + i));
    region.emplace_back("third_moment", element(m.third, i));
    region.emplace_back("third_moment_error", element(m.third_error, i));
    region.emplace_back("skewness", m.skewness(i));
    regions.emplace_back(std::move(region));
  }
  return regions;
}

JsonObject limit_to_json(const std::optional<double>& full, const std::optional<double>& simplified,
                         const std::optional<double>& shift) {
  JsonObject object;
  object.emplace_back("full", or_null(full));
  object.emplace_back("simplified", or_null(simplified));
  object.emplace_back("relative_shift", or_null(shift));
  return object;
}

JsonObject validity_to_json(const Validity& v) {
  JsonObject object;
  object.emplace_back("observed_limit", limit_to_json(v.full.observed, v.simplified.observed, v.observed_shift));
  JsonArray expected;
  for (std::size_t i = 0; i < v.full.expected.size(); ++i) {
    const auto &full = v.full.expected[i], &simplified = v.simplified.expected[i];
    const bool has_both = full && simplified && *full > 0.0;
    expected.emplace_back(
        limit_to_json(full, simplified, has_both ? std::optional<double>(*simplified / *full - 1.0) : std::nullopt));
  }
  object.emplace_back("expected_limits", std::move(expected));
  object.emplace_back("tolerance", v.tolerance);
  object.emplace_back("misleads", v.misleads());
  JsonObject profile;
  profile.emplace_back("mu", to_array(v.mu));
  profile.emplace_back("full", to_array(v.t_full));
  profile.emplace_back("simplified", to_array(v.t_simplified));
  profile.emplace_back("largest_distance", or_null(v.distance, true));
  object.emplace_back("profile_likelihood", std::move(profile));
  JsonArray regions;
  for (const RegionCheck& r : v.regions) {
    JsonObject region;
    region.emplace_back("name", r.name);
    region.emplace_back("signal", r.signal);
    region.emplace_back("pull", r.pull);
    region.emplace_back("skewness", r.skewness);
    region.emplace_back("is_quadratic", r.is_quadratic);
    region.emplace_back("is_too_skewed", r.is_too_skewed);
    regions.emplace_back(std::move(region));
  }
  object.emplace_back("regions", std::move(regions));
  object.emplace_back("projection_distance", v.projection_distance);
  object.emplace_back("n_parameters_full", static_cast<std::int64_t>(v.n_parameters_full));
  object.emplace_back("n_parameters", static_cast<std::int64_t>(v.n_parameters));
  object.emplace_back("status", infer::to_string(v.status));
  object.emplace_back("reason", v.reason);
  object.emplace_back("notes", to_json(v.notes));
  return object;
}

std::string percent(const std::optional<double>& shift) {
  return shift ? fmt::format("{:+.1f} %", 100.0 * *shift) : std::string("-");
}

std::string limits_text(const Validity& v) {
  Table table({"", "full", "simplified", "shift"});
  table.add({"observed limit", format_number(v.full.observed), format_number(v.simplified.observed),
             percent(v.observed_shift)});
  table.add({"expected limit", format_number(v.full.expected[2]), format_number(v.simplified.expected[2]),
             percent(v.expected_shift)});
  table.add({"parameters", std::to_string(v.n_parameters_full), std::to_string(v.n_parameters), ""});
  return table.text();
}

std::string regions_text(const Validity& v) {
  if (v.regions.empty()) return {};
  Table table({"region", "observed", "background", "+-", "signal", "pull", "skewness", "form"});
  for (const RegionCheck& r : v.regions) {
    const char* const form = r.is_too_skewed ? "linear (too skewed)" : r.is_quadratic ? "quadratic" : "linear";
    table.add({r.name, format_number(r.observed), format_number(r.background), format_number(r.uncertainty),
               format_number(r.signal), fmt::format("{:.2f}", r.pull), fmt::format("{:.2f}", r.skewness), form});
  }
  return "\n" + table.text();
}

}  // namespace

JsonObject to_json(const Simplification& simplification, const Validity* validity, std::span<const Attempt> attempts) {
  JsonObject object;
  object.emplace_back("method", std::string(to_string(simplification.method)));
  JsonArray channels;
  for (const auto& channel : simplification.channels) channels.emplace_back(channel.name);
  object.emplace_back("channels", std::move(channels));
  object.emplace_back("fitted_channels", to_json(simplification.fitted));
  const bool has_moments = simplification.is_usable() &&
                           std::holds_alternative<spec::SimplifiedLikelihood>(simplification.publication.value);
  object.emplace_back("toys", static_cast<std::int64_t>(simplification.moments.n_toys));
  object.emplace_back("regions", has_moments ? Json(regions_to_json(simplification)) : Json(nullptr));
  object.emplace_back("validity", validity != nullptr ? Json(validity_to_json(*validity)) : Json(nullptr));
  JsonArray tried;
  for (const Attempt& attempt : attempts) {
    JsonObject one;
    one.emplace_back("method", std::string(to_string(attempt.simplification.method)));
    one.emplace_back("observed_shift", or_null(attempt.validity.observed_shift));
    one.emplace_back("expected_shift", or_null(attempt.validity.expected_shift));
    one.emplace_back("status", infer::to_string(attempt.validity.status));
    one.emplace_back("reason", attempt.validity.reason);
    tried.emplace_back(std::move(one));
  }
  object.emplace_back("attempts", std::move(tried));
  object.emplace_back("status", infer::to_string(simplification.status));
  object.emplace_back("reason", simplification.reason);
  object.emplace_back("notes", to_json(simplification.notes));
  object.emplace_back("seconds", simplification.seconds);
  return object;
}

std::string to_table(const Simplification& simplification, const Validity* validity,
                     std::span<const Attempt> attempts) {
  std::string text;
  if (!attempts.empty()) {
    Table table({"method", "observed limit", "expected limit", "status"});
    for (const Attempt& a : attempts) {
      table.add({std::string(to_string(a.simplification.method)), percent(a.validity.observed_shift),
                 percent(a.validity.expected_shift), status_text(a.validity)});
    }
    text += table.text() + "\n";
  }
  text += fmt::format("method          {}\n", to_string(simplification.method));
  if (!simplification.fitted.empty()) {
    text += fmt::format("fitted          {}\n", fmt::join(simplification.fitted, ", "));
  }
  if (!simplification.is_usable()) text += fmt::format("status          {}\n", status_text(simplification));
  if (validity != nullptr && simplification.is_usable()) {
    const Validity& v = *validity;
    if (!v.is_usable()) text += fmt::format("status          {}\n", status_text(v));
    text += "\n" + limits_text(v) + regions_text(v);
    if (!v.mu.empty() && std::isfinite(v.distance)) {
      text += fmt::format("\nprofile likelihood: {:.3g} at most between both, for signal strengths up to {:.4g}\n",
                          v.distance, v.mu.back());
    }
    if (v.projection_distance > 0.0) {
      text += fmt::format("correlations: moved by {:.3g} to the nearest that are possible\n", v.projection_distance);
    }
    text += format_notes(v.notes);
  }
  return text + format_notes(simplification.notes);
}

}  // namespace relume::report
