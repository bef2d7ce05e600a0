// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/toy_limit.hpp"

#include <fmt/format.h>

#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::ToyCrossing;
using infer::ToyInterval;
using infer::ToyLimit;
using infer::ToyPoint;
using infer::ToyProbability;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

std::string poi_name(const Likelihood& likelihood) { return likelihood.parameters()[likelihood.poi()->index].name; }

Json value_of(const std::optional<ToyCrossing>& crossing, double factor = 1.0) {
  return crossing ? Json(factor * crossing->value) : Json(nullptr);
}
Json uncertainty_of(const std::optional<ToyCrossing>& crossing) {
  return crossing ? Json(crossing->uncertainty) : Json(nullptr);
}

std::string text_of(const std::optional<ToyCrossing>& crossing, double factor = 1.0) {
  return crossing ? fmt::format("{:.4g} +- {:.1g}", factor * crossing->value, factor * crossing->uncertainty)
                  : std::string("-");
}

/// What was tested on the way. Intervals test without an alternative: their p-value is CLs+b.
JsonArray points_of(const std::vector<ToyPoint>& points, bool with_alternative) {
  JsonArray list;
  for (const ToyPoint& p : points) {
    JsonObject point;
    point.emplace_back("value", p.poi);
    const ToyProbability& observed = with_alternative ? p.observed.cls : p.observed.clsb;
    point.emplace_back(with_alternative ? "CLs_obs" : "p_value", or_null(observed.value, true));
    point.emplace_back("uncertainty", or_null(observed.uncertainty, true));
    if (with_alternative) {
      JsonArray expected;
      for (const auto& e : p.expected) expected.push_back(or_null(e.cls.value, true));
      point.emplace_back("CLs_exp", std::move(expected));
    }
    point.emplace_back("n_toys", static_cast<std::int64_t>(p.n_toys));
    point.emplace_back("n_failed", static_cast<std::int64_t>(p.n_failed));
    list.emplace_back(std::move(point));
  }
  return list;
}

/// What both results end with.
template <class Result>
void add_toys_and_status(JsonObject& object, const Result& result, bool with_alternative) {
  object.emplace_back("calculator", "toys");
  object.emplace_back("ensemble", infer::to_string(result.ensemble));
  object.emplace_back("seed", static_cast<std::int64_t>(result.seed));
  object.emplace_back("points", points_of(result.points, with_alternative));
  object.emplace_back("status", infer::to_string(result.status));
  object.emplace_back("reason", result.reason);
  object.emplace_back("notes", to_json(result.notes));
  object.emplace_back("seconds", result.seconds);
}

JsonObject statistic_of(infer::TestStatistic statistic) {
  JsonObject object;
  object.emplace_back("name", infer::to_string(statistic));
  return object;
}

template <class Result>
Table head_of(const Result& result, const Likelihood& likelihood, const char* what) {
  std::size_t n_toys = 0;
  for (const ToyPoint& p : result.points) n_toys += p.n_toys;
  Table head;
  head.add({"status", status_text(result)});
  head.add({what, fmt::format("{} at {:.6g} % confidence level", poi_name(likelihood), 100.0 * result.level)});
  head.add({"best fit",
            fmt::format("{} = {}", poi_name(likelihood), result.is_usable() ? format_number(result.mu_hat) : "-")});
  head.add({"statistic", std::string(infer::to_string(result.statistic))});
  head.add({"toys", fmt::format("{} at {} values, {}, seed {}", n_toys, result.points.size(),
                                infer::to_string(result.ensemble), result.seed)});
  return head;
}

}  // namespace

JsonObject to_json(const ToyLimit& limit, const Likelihood& likelihood,
                   const std::optional<spec::CrossSection>& cross_section) {
  JsonArray expected, uncertainties;
  for (const auto& e : limit.expected) {
    expected.push_back(value_of(e));
    uncertainties.push_back(uncertainty_of(e));
  }
  JsonObject object;
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("level", limit.level);
  object.emplace_back("observed", value_of(limit.observed));
  object.emplace_back("observed_uncertainty", uncertainty_of(limit.observed));
  object.emplace_back("expected", std::move(expected));
  object.emplace_back("expected_uncertainty", std::move(uncertainties));
  if (cross_section) {
    const double fb = in_femtobarn(*cross_section);
    JsonArray expected_fb;
    for (const auto& e : limit.expected) expected_fb.push_back(value_of(e, fb));
    object.emplace_back("cross_section_fb", fb);
    object.emplace_back("observed_fb", value_of(limit.observed, fb));
    object.emplace_back("expected_fb", std::move(expected_fb));
  }
  object.emplace_back("mu_hat", or_null(limit.mu_hat, limit.is_usable()));
  object.emplace_back("test_statistic", statistic_of(limit.statistic));
  add_toys_and_status(object, limit, true);
  return object;
}

JsonObject to_json(const ToyInterval& interval, const Likelihood& likelihood) {
  JsonObject object;
  object.emplace_back("parameter", poi_name(likelihood));
  object.emplace_back("level", interval.level);
  object.emplace_back("best", or_null(interval.mu_hat, interval.is_usable()));
  object.emplace_back("lower", value_of(interval.lower));
  object.emplace_back("lower_uncertainty", uncertainty_of(interval.lower));
  object.emplace_back("upper", value_of(interval.upper));
  object.emplace_back("upper_uncertainty", uncertainty_of(interval.upper));
  if (!interval.lower_reason.empty()) object.emplace_back("lower_reason", interval.lower_reason);
  if (!interval.upper_reason.empty()) object.emplace_back("upper_reason", interval.upper_reason);
  object.emplace_back("test_statistic", statistic_of(interval.statistic));
  add_toys_and_status(object, interval, false);
  return object;
}

std::string to_table(const ToyLimit& limit, const Likelihood& likelihood,
                     const std::optional<spec::CrossSection>& cross_section) {
  std::vector<std::string> titles = {"upper limit", poi_name(likelihood)};
  if (cross_section) titles.emplace_back("in fb");
  Table table(titles);
  const auto add = [&](const char* name, const std::optional<ToyCrossing>& value) {
    std::vector<std::string> row = {name, text_of(value)};
    if (cross_section) row.push_back(text_of(value, in_femtobarn(*cross_section)));
    table.add(std::move(row));
  };
  add("observed", limit.observed);
  for (std::size_t i = 0; i < band_titles.size(); ++i) add(band_titles[i], limit.expected[i]);
  return head_of(limit, likelihood, "limit on").text() + '\n' + table.text() + format_notes(limit.notes);
}

std::string to_table(const ToyInterval& interval, const Likelihood& likelihood) {
  Table table({"end", poi_name(likelihood), ""});
  table.add({"lower", text_of(interval.lower), interval.lower_reason});
  table.add({"upper", text_of(interval.upper), interval.upper_reason});
  return head_of(interval, likelihood, "interval of").text() + '\n' + table.text() + format_notes(interval.notes);
}

}  // namespace relume::report
