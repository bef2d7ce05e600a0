// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/toys.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include <fmt/format.h>

#include "relume/formats/json.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::ToyProbability;
using infer::ToyPValues;
using infer::ToySample;
using infer::ToyTest;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

std::string poi_name(const Likelihood& likelihood) { return likelihood.parameters()[likelihood.poi()->index].name; }

/// JSON has no NaN: a toy that could not be fitted, a ratio without a denominator.
Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

JsonObject sample_to_json(const ToySample& sample) {
  JsonArray values;
  values.reserve(sample.q.size());
  for (const double q : sample.q) values.push_back(number_or_null(q));
  JsonObject object;
  object.emplace_back("true_poi", sample.poi);
  object.emplace_back("q", std::move(values));
  object.emplace_back("failures", to_json(sample.failures));
  return object;
}

/// Members of a document, each of which has to be there; what is wrong is collected.
class Reader {
 public:
  Reader(const Json& node, std::string place, Errors& errors)
      : node_(node), place_(std::move(place)), errors_(errors) {}

  const Json* member(std::string_view key) {
    const Json* found = node_.object() != nullptr ? spec::find(node_, key) : nullptr;
    if (found == nullptr) report(key, fmt::format("the key '{}' is missing", key));
    return found;
  }
  double number(std::string_view key) {
    const Json* found = member(key);
    if (found == nullptr) return 0.0;
    if (!found->is_number()) {
      report(key, "must be a number");
      return 0.0;
    }
    return spec::as_double(*found);
  }
  std::string text(std::string_view key) {
    const Json* found = member(key);
    if (found == nullptr) return {};
    if (found->string() == nullptr) {
      report(key, "must be text");
      return {};
    }
    return *found->string();
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    const Json* found = member(key);
    if (found == nullptr) return list;
    if (found->array() == nullptr) report(key, "must be a list");
    for (const Json& text : found->array() != nullptr ? *found->array() : JsonArray{}) {
      if (text.string() != nullptr) list.push_back(*text.string());
    }
    return list;
  }
  /// A whole number of at least 0.
  std::uint64_t count(std::string_view key) {
    const double value = number(key);
    constexpr double largest = 9007199254740992.0;  // 2^53: beyond it doubles skip integers
    if (value >= 0.0 && value <= largest && value == std::floor(value)) return static_cast<std::uint64_t>(value);
    report(key, "must be a whole number of at least 0");
    return 0;
  }
  ToySample sample(std::string_view key) {
    ToySample s;
    const Json* found = member(key);
    if (found == nullptr) return s;
    Reader inner(*found, formats::join_pointer(place_, key), errors_);
    s.poi = inner.number("true_poi");
    const Json* values = inner.member("q");
    if (values != nullptr && values->array() == nullptr) inner.report("q", "must be a list");
    if (values != nullptr && values->array() != nullptr) {
      for (const Json& value : *values->array()) {
        if (!value.is_number() && !value.is_null()) {
          inner.report("q", "must hold numbers and null only");
          break;
        }
        s.q.push_back(value.is_number() ? spec::as_double(value) : std::numeric_limits<double>::quiet_NaN());
        s.n_failed += value.is_null();
      }
    }
    s.failures = inner.texts("failures");
    return s;
  }
  void report(std::string_view key, std::string message) {
    errors_.push_back({ErrorCode::schema, formats::join_pointer(place_, key), std::move(message), {}});
  }

 private:
  const Json& node_;
  std::string place_;
  Errors& errors_;
};

struct Significance {
  double z = 0.0, uncertainty = 0.0;  ///< infinite, when no toy is as far out; 0, when all are
};

/// Z = -Phi^-1(p); d Z / d p = -1 / phi(Z).
Significance significance_of(const ToyProbability& p) {
  if (p.value >= 1.0) return {};  // q0 = 0: no excess
  const double z = -infer::normal_quantile(p.value);
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
  return {z, p.uncertainty / density};
}

/// The median of toys with a signal of strength 1.
const ToyProbability& expected_p0(const ToyTest& test) { return test.expected[2].clsb; }

std::vector<std::string> discovery_notes(const ToyTest& test) {
  std::vector<std::string> notes = test.notes;
  if (test.is_usable() && test.observed.clsb.value >= 1.0) {
    notes.emplace_back("no excess: every toy is at least as far out as the data, and the significance counts as 0");
  }
  const std::size_t n = test.tested.q.size() - test.tested.n_failed;
  if (test.is_usable() && test.observed.clsb.value == 0.0) {
    notes.push_back(
        fmt::format("none of {} toys is as far out as the data: the significance is above {:.3g}, and more "
                    "toys are needed to say by how much",
                    n, -infer::normal_quantile(1.0 / static_cast<double>(n))));
  }
  return notes;
}

std::string with_uncertainty(const ToyProbability& p, bool usable) {
  if (!usable || !std::isfinite(p.value)) return "-";
  return fmt::format("{:.4g} +- {:.1g}", p.value, p.uncertainty);
}

}  // namespace

const ToyProbability& p_value(const ToyTest& test, const ToyPValues& p) {
  return test.statistic == infer::TestStatistic::q0 ? p.clsb : p.cls;
}

JsonObject to_json(const ToyTest& test, const Likelihood& likelihood, ToyValues values) {
  const bool usable = test.is_usable();
  const auto value = [&](const ToyProbability& p) { return usable ? number_or_null(p.value) : Json(nullptr); };
  const auto uncertainty = [&](const ToyProbability& p) {
    return usable ? number_or_null(p.uncertainty) : Json(nullptr);
  };
  JsonArray cls, cls_uncertainty;
  for (const ToyPValues& p : test.expected) {
    cls.push_back(value(p_value(test, p)));
    cls_uncertainty.push_back(uncertainty(p_value(test, p)));
  }
  const ToyPValues& observed = test.observed;
  const bool has_data_fits = !test.tested.q.empty();
  JsonObject statistic;
  statistic.emplace_back("name", infer::to_string(test.statistic));
  statistic.emplace_back("q", has_data_fits ? Json(test.q) : Json(nullptr));
  JsonObject object;
  object.emplace_back("CLs_obs", value(p_value(test, observed)));
  object.emplace_back("CLs_obs_uncertainty", uncertainty(p_value(test, observed)));
  object.emplace_back("CLs_exp", std::move(cls));
  object.emplace_back("CLs_exp_uncertainty", std::move(cls_uncertainty));
  object.emplace_back("CLsb_obs", value(observed.clsb));
  object.emplace_back("CLsb_obs_uncertainty", uncertainty(observed.clsb));
  object.emplace_back("CLb_obs", value(observed.clb));
  object.emplace_back("CLb_obs_uncertainty", uncertainty(observed.clb));
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("test_poi", test.poi);
  object.emplace_back("mu_hat", has_data_fits ? Json(test.mu_hat) : Json(nullptr));
  object.emplace_back("twice_nll", has_data_fits ? Json(test.twice_nll) : Json(nullptr));
  object.emplace_back("test_statistic", std::move(statistic));
  object.emplace_back("calculator", "toys");
  object.emplace_back("ensemble", infer::to_string(test.ensemble));
  object.emplace_back("asimov", infer::to_string(test.asimov));
  object.emplace_back("seed", static_cast<std::int64_t>(test.seed));
  object.emplace_back("first", static_cast<std::int64_t>(test.first));
  object.emplace_back("n_toys", static_cast<std::int64_t>(test.tested.q.size()));
  object.emplace_back("n_failed", static_cast<std::int64_t>(test.tested.n_failed + test.alternative.n_failed));
  object.emplace_back("failed", to_json(infer::failed_toys(test)));
  object.emplace_back("status", infer::to_string(test.status));
  object.emplace_back("reason", test.reason);
  object.emplace_back("notes", to_json(test.notes));
  if (values == ToyValues::kept) {
    JsonObject toys;
    toys.emplace_back("tested", sample_to_json(test.tested));
    toys.emplace_back("alternative", sample_to_json(test.alternative));
    object.emplace_back("toys", std::move(toys));
  }
  object.emplace_back("seconds", test.seconds);
  return object;
}

JsonObject discovery_to_json(const ToyTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  JsonObject object;
  const auto add = [&](const char* which, const ToyProbability& p) {
    const Significance s = significance_of(p);
    const auto put = [&](const char* what, double value) {
      object.emplace_back(fmt::format(fmt::runtime(what), which), usable ? number_or_null(value) : Json(nullptr));
    };
    put("p0_{}", p.value);
    put("p0_{}_uncertainty", p.uncertainty);
    put("significance_{}", s.z);
    put("significance_{}_uncertainty", s.uncertainty);
  };
  add("obs", test.observed.clsb);
  add("exp", expected_p0(test));
  object.emplace_back("expected_for", test.alternative.poi);
  for (auto& [key, value] : to_json(test, likelihood, ToyValues::left_out)) {
    if (key.starts_with("CLs") || key.starts_with("CLb")) continue;
    object.emplace_back(key, key == "notes" ? Json(to_json(discovery_notes(test))) : std::move(value));
  }
  return object;
}

Result<ToyTest> toy_test_from_json(const Json& document, std::string_view source_name) {
  Errors errors;
  Reader reader(document, std::string(source_name) + "#", errors);
  ToyTest test;
  test.poi = reader.number("test_poi");
  test.mu_hat = reader.number("mu_hat");
  test.twice_nll = reader.number("twice_nll");
  test.seed = reader.count("seed");
  test.first = reader.count("first");
  test.seconds = reader.number("seconds");
  test.notes = reader.texts("notes");
  const auto choose = [&](Reader& from, std::string_view key, auto parse, auto& out) {
    const std::string text = from.text(key);
    if (const auto found = parse(text)) {
      out = *found;
    } else if (!text.empty()) {
      from.report(key, fmt::format("'{}' is not known here", text));
    }
  };
  choose(reader, "ensemble", infer::ensemble_from_string, test.ensemble);
  choose(reader, "asimov", infer::asimov_from_string, test.asimov);
  if (const Json* statistic = reader.member("test_statistic")) {
    Reader inner(*statistic, std::string(source_name) + "#/test_statistic", errors);
    choose(inner, "name", infer::test_statistic_from_string, test.statistic);
    test.q = inner.number("q");
  }
  if (const Json* toys = reader.member("toys")) {
    Reader inner(*toys, std::string(source_name) + "#/toys", errors);
    test.tested = inner.sample("tested");
    test.alternative = inner.sample("alternative");
  }
  if (!errors.empty()) return errors;
  return infer::merge(std::span(&test, 1));
}

namespace {

Table head_of(const ToyTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  Table head;
  head.add({"status", status_text(test)});
  head.add({"tested", fmt::format("{} = {}", poi_name(likelihood), format_number(test.poi))});
  head.add({"best fit", fmt::format("{} = {}", poi_name(likelihood), usable ? format_number(test.mu_hat) : "-")});
  head.add(
      {"statistic", fmt::format("{} = {}", infer::to_string(test.statistic), usable ? format_number(test.q) : "-")});
  head.add({"toys",
            fmt::format("{} per hypothesis, {}, seed {}; {} failed", test.tested.q.size(),
                        infer::to_string(test.ensemble), test.seed, test.tested.n_failed + test.alternative.n_failed)});
  return head;
}

}  // namespace

std::string discovery_to_table(const ToyTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  Table table({"discovery", "observed", "expected"});
  const auto z = [&](const ToyProbability& p) {
    const Significance s = significance_of(p);
    return with_uncertainty({s.z, s.uncertainty}, usable);
  };
  table.add({"significance", z(test.observed.clsb), z(expected_p0(test))});
  table.add({"p-value", with_uncertainty(test.observed.clsb, usable), with_uncertainty(expected_p0(test), usable)});
  return head_of(test, likelihood).text() + '\n' + table.text() + format_notes(infer::failed_toys(test)) +
         format_notes(discovery_notes(test));
}

std::string to_table(const ToyTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  const bool is_discovery = test.statistic == infer::TestStatistic::q0;
  Table table({is_discovery ? "p-value" : "CLs", ""});
  table.add({"observed", with_uncertainty(p_value(test, test.observed), usable)});
  for (std::size_t i = 0; i < band_titles.size(); ++i) {
    table.add({band_titles[i], with_uncertainty(p_value(test, test.expected[i]), usable)});
  }
  return head_of(test, likelihood).text() + '\n' + table.text() + format_notes(infer::failed_toys(test)) +
         format_notes(test.notes);
}

}  // namespace relume::report
