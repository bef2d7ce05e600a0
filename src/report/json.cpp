// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/json.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "relume/report/parameters.hpp"

namespace relume::report {

using infer::Discovery;
using infer::FitResult;
using infer::FitSummary;
using infer::HypoTest;
using infer::Limit;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;

namespace {

/// An initializer list would copy every member (and gcc 12 warns about its own code there).
template <class... Members>
JsonObject make_object(Members&&... members) {
  JsonObject object;
  object.reserve(sizeof...(members));
  (object.push_back(std::forward<Members>(members)), ...);
  return object;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json or_null(double value, bool exists) { return exists ? Json(value) : Json(nullptr); }

Json poi_name(const Likelihood& likelihood) {
  const auto poi = likelihood.poi();
  return poi ? Json(likelihood.parameters()[poi->index].name) : Json(nullptr);
}

Json names(const Likelihood& likelihood, const std::vector<std::uint32_t>& indices) {
  JsonArray list;
  for (const std::uint32_t i : indices) list.emplace_back(likelihood.parameters()[i].name);
  return list;
}

Json to_json(const std::vector<FitSummary>& fits) {
  JsonArray list;
  for (const FitSummary& fit : fits) {
    list.emplace_back(make_object(JsonMember("name", fit.name), JsonMember("status", fit.status),
                                  JsonMember("reason", fit.reason), JsonMember("poi", fit.poi),
                                  JsonMember("twice_nll", fit.twice_nll), JsonMember("iterations", fit.iterations)));
  }
  return list;
}

Json to_json(const minimize::Certificate& certificate, const Likelihood& likelihood) {
  return make_object(JsonMember("projected_gradient",
                                or_null(certificate.projected_gradient, std::isfinite(certificate.projected_gradient))),
                     JsonMember("worst_parameter", likelihood.parameters()[certificate.worst_parameter].name),
                     JsonMember("edm", or_null(certificate.edm, std::isfinite(certificate.edm))),
                     JsonMember("semidefinite_curvature", certificate.semidefinite_curvature));
}

Json to_json(const minimize::Counts& counts) {
  return make_object(JsonMember("iterations", counts.iterations), JsonMember("evaluations", counts.evaluations),
                     JsonMember("gradients", counts.gradients), JsonMember("factorisations", counts.factorisations),
                     JsonMember("products", counts.products));
}

Json to_json(const std::vector<minimize::Attempt>& attempts) {
  JsonArray list;
  for (const minimize::Attempt& attempt : attempts) {
    list.emplace_back(make_object(JsonMember("rung", attempt.rung),
                                  JsonMember("status", minimize::to_string(attempt.status)),
                                  JsonMember("value", attempt.value), JsonMember("iterations", attempt.iterations)));
  }
  return list;
}

Json covariance_to_json(const Likelihood& likelihood, const std::vector<double>& covariance) {
  const std::size_t n = likelihood.parameters().size();
  JsonArray labels, matrix;
  for (std::size_t i = 0; i < n; ++i) {
    labels.emplace_back(likelihood.parameters()[i].name);
    JsonArray row;
    row.reserve(n);
    for (std::size_t j = 0; j < n; ++j) row.emplace_back(covariance[i * n + j]);
    matrix.emplace_back(std::move(row));
  }
  JsonObject object;
  object.emplace_back("labels", std::move(labels));
  object.emplace_back("matrix", std::move(matrix));
  return object;
}

}  // namespace

JsonArray to_json(std::span<const std::string> texts) {
  JsonArray list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

Json main_data_to_json(const Likelihood& likelihood, const model::Data& data) {
  JsonObject channels;
  std::size_t channel = 0;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary) continue;
    if (data.is_masked(channel++)) {
      channels.emplace_back(block.name, nullptr);
      continue;
    }
    JsonArray bins;
    for (std::size_t i = 0; i < block.size; ++i) bins.emplace_back(data.values[block.first + i]);
    channels.emplace_back(block.name, std::move(bins));
  }
  return channels;
}

double in_femtobarn(const spec::CrossSection& cross_section) {
  const auto* found = std::find_if(spec::cross_section_units.begin(), spec::cross_section_units.end(),
                                   [&](const auto& unit) { return unit.name == cross_section.unit; });
  assert(found != spec::cross_section_units.end());
  return cross_section.value * found->femtobarn;
}

JsonObject to_json(const FitResult& fit, const Likelihood& likelihood, std::span<const std::string> notes) {
  const minimize::Minimum& minimum = fit.minimum;
  const bool has_point = minimum.status != minimize::MinimumStatus::infeasible;
  JsonObject object;
  object.emplace_back("mle_parameters", parameters_to_json(likelihood, minimum.x));
  object.emplace_back("uncertainties",
                      fit.uncertainties.empty() ? Json(nullptr) : parameters_to_json(likelihood, fit.uncertainties));
  if (!fit.covariance_problem.empty()) object.emplace_back("uncertainties_reason", fit.covariance_problem);
  object.emplace_back("twice_nll", or_null(fit.twice_nll, has_point));
  object.emplace_back("status", minimize::to_string(minimum.status));
  object.emplace_back("reason", minimum.reason);
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("certificate", to_json(minimum.certificate, likelihood));
  object.emplace_back("at_bounds", make_object(JsonMember("lower", names(likelihood, minimum.at_lower)),
                                               JsonMember("upper", names(likelihood, minimum.at_upper))));
  if (!minimum.at_kink.empty()) object.emplace_back("at_kink", names(likelihood, minimum.at_kink));
  if (!minimum.edge.empty()) object.emplace_back("rates_at_zero", minimum.edge);
  JsonArray all_notes = to_json(notes);
  for (const std::string& note : fit.notes) all_notes.emplace_back(note);
  object.emplace_back("notes", std::move(all_notes));
  object.emplace_back("counts", to_json(minimum.counts));
  object.emplace_back("attempts", to_json(minimum.attempts));
  object.emplace_back("seconds", minimum.seconds);
  if (!fit.covariance.empty()) object.emplace_back("covariance", covariance_to_json(likelihood, fit.covariance));
  return object;
}

double p_value(const HypoTest& test, const infer::PValues& p) {
  return test.statistic == infer::TestStatistic::q0 ? p.clsb : p.cls;
}

JsonObject to_json(const HypoTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  JsonArray cls, clsb;
  for (const infer::PValues& p : test.expected) {
    cls.push_back(or_null(p_value(test, p), usable));
    clsb.push_back(or_null(p.clsb, usable));
  }
  JsonObject object;
  object.emplace_back("CLs_obs", or_null(p_value(test, test.observed), usable));
  object.emplace_back("CLs_exp", std::move(cls));
  object.emplace_back("CLsb_obs", or_null(test.observed.clsb, usable));
  object.emplace_back("CLb_obs", or_null(test.observed.clb, usable));
  object.emplace_back("CLsb_exp", std::move(clsb));
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("test_poi", test.poi);
  object.emplace_back("mu_hat", or_null(test.mu_hat, usable));
  object.emplace_back("test_statistic", make_object(JsonMember("name", infer::to_string(test.statistic)),
                                                    JsonMember("q", or_null(test.q, usable)),
                                                    JsonMember("q_asimov", or_null(test.q_asimov, usable))));
  object.emplace_back("asimov", infer::to_string(test.asimov));
  object.emplace_back("status", infer::to_string(test.status));
  object.emplace_back("reason", test.reason);
  object.emplace_back("notes", to_json(test.notes));
  object.emplace_back("fits", to_json(test.fits));
  object.emplace_back("seconds", test.seconds);
  return object;
}

JsonObject to_json(const Limit& limit, const Likelihood& likelihood,
                   const std::optional<spec::CrossSection>& cross_section) {
  const auto scaled = [&](const std::optional<double>& value, double factor) {
    return value ? Json(*value * factor) : Json(nullptr);
  };
  JsonArray expected;
  for (const auto& e : limit.expected) expected.push_back(or_null(e));
  JsonObject object;
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("level", limit.level);
  object.emplace_back("observed", or_null(limit.observed));
  object.emplace_back("expected", std::move(expected));
  if (cross_section) {
    const double fb = in_femtobarn(*cross_section);
    JsonArray expected_fb;
    for (const auto& e : limit.expected) expected_fb.push_back(scaled(e, fb));
    object.emplace_back("cross_section_fb", fb);
    object.emplace_back("observed_fb", scaled(limit.observed, fb));
    object.emplace_back("expected_fb", std::move(expected_fb));
  }
  object.emplace_back("mu_hat", or_null(limit.mu_hat, limit.is_usable()));
  object.emplace_back("test_statistic", make_object(JsonMember("name", infer::to_string(limit.statistic))));
  object.emplace_back("asimov", infer::to_string(limit.asimov));
  object.emplace_back("poi_bounds", JsonArray{limit.poi_bounds[0], limit.poi_bounds[1]});
  object.emplace_back("bounds_widened", limit.bounds_widened);
  object.emplace_back("status", infer::to_string(limit.status));
  object.emplace_back("reason", limit.reason);
  object.emplace_back("notes", to_json(limit.notes));
  object.emplace_back("fits", to_json(limit.fits));
  object.emplace_back("n_fits", limit.n_fits);
  object.emplace_back("seconds", limit.seconds);
  return object;
}

JsonObject to_json(const Discovery& discovery, const Likelihood& likelihood) {
  const bool usable = discovery.is_usable();
  JsonObject object;
  object.emplace_back("p0_obs", or_null(discovery.p0, usable));
  object.emplace_back("significance_obs", or_null(discovery.significance, usable));
  object.emplace_back("p0_exp", or_null(discovery.p0_expected, usable));
  object.emplace_back("significance_exp", or_null(discovery.significance_expected, usable));
  object.emplace_back("poi", poi_name(likelihood));
  object.emplace_back("expected_for", 1.0);
  object.emplace_back("mu_hat", or_null(discovery.mu_hat, usable));
  object.emplace_back("test_statistic", make_object(JsonMember("name", infer::to_string(infer::TestStatistic::q0)),
                                                    JsonMember("q", or_null(discovery.q0, usable)),
                                                    JsonMember("q_asimov", or_null(discovery.q0_asimov, usable))));
  object.emplace_back("asimov", infer::to_string(discovery.asimov));
  object.emplace_back("status", infer::to_string(discovery.status));
  object.emplace_back("reason", discovery.reason);
  object.emplace_back("notes", to_json(discovery.notes));
  object.emplace_back("fits", to_json(discovery.fits));
  object.emplace_back("seconds", discovery.seconds);
  return object;
}

}  // namespace relume::report
