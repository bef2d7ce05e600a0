// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/validity.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/model/channel_mask.hpp"

namespace relume::reinterpret {

using infer::Status;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::optional<double> shift_of(const std::optional<double>& full, const std::optional<double>& simplified) {
  if (!full || !simplified || !(*full > 0.0)) return std::nullopt;
  return *simplified / *full - 1.0;
}

std::string poi_name(const model::Likelihood& likelihood) {
  const auto poi = likelihood.poi();
  return poi ? likelihood.parameters()[poi->index].name : std::string("mu");
}

/// The simplified likelihood as a workspace, and what was noted on the way.
Result<edit::WorkspaceConversion> workspace_of(const Simplification& simplification) {
  if (const auto* s = std::get_if<spec::SimplifiedLikelihood>(&simplification.publication.value)) {
    return edit::as_workspace(*s);
  }
  edit::WorkspaceConversion conversion;
  conversion.workspace = std::get<spec::Workspace>(simplification.publication.value);
  return conversion;
}

Result<model::Compiled> compile_with_signal(const spec::Workspace& workspace, const Simplification& simplification,
                                            const model::Likelihood& full, const std::vector<double>& yields,
                                            bool are_priors) {
  spec::SignalSample sample{.name = "signal"};
  for (const KeptChannel& channel : simplification.channels) {
    const auto first = yields.begin() + static_cast<std::ptrdiff_t>(channel.first);
    if (channel.regions.empty()) {
      sample.channels.push_back({.channel = channel.name,
                                 .yields = spec::Numbers(first, first + static_cast<std::ptrdiff_t>(channel.n_bins))});
      continue;
    }
    for (std::size_t b = 0; b < channel.n_bins; ++b) {
      sample.channels.push_back({.channel = channel.regions[b], .yields = {yields[channel.first + b]}});
    }
  }
  spec::Signal signal{.name = "signal", .poi = poi_name(full), .samples = {std::move(sample)}};
  const auto with = edit::add_signal(workspace, signal, {.other_channels_are_zero = true});
  if (!with) return with.errors();
  return model::compile(*with, {.constraints_are_priors = are_priors});
}

}  // namespace

std::vector<double> signal_yields(const model::Likelihood& likelihood) {
  std::vector<double> point = infer::initial_point(likelihood);
  const auto poi = likelihood.poi();
  if (!poi || !likelihood.why_no_expected_data().empty()) return std::vector<double>(likelihood.n_data(), 0.0);
  point[poi->index] = 1.0;
  std::vector<double> yields = likelihood.expected_data(point).values;
  point[poi->index] = 0.0;
  const std::vector<double> without = likelihood.expected_data(point).values;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    for (std::size_t i = block.first; i < block.first + block.size; ++i) {
      yields[i] = block.is_auxiliary ? 0.0 : yields[i] - without[i];
    }
  }
  return yields;
}

bool has_signal(const model::Likelihood& likelihood) {
  const std::vector<double> yields = signal_yields(likelihood);
  return std::any_of(yields.begin(), yields.end(), [](double y) { return y != 0.0; });
}

namespace {

constexpr const char* probe_note =
    "the model has no signal: limits are on a probe of sqrt(background) events in every bin of the regions; bring a "
    "signal to check with that";

Result<spec::Workspace> with_probe_sample(const spec::Workspace& workspace, const model::Likelihood& likelihood,
                                          const SimplifyOptions& options) {
  const auto names = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::vector<double> point = infer::initial_point(likelihood);
  if (const auto poi = likelihood.poi()) point[poi->index] = 0.0;
  const std::vector<double> expected = likelihood.expected_data(point).values;
  spec::SignalSample sample{.name = "probe signal"};
  for (const model::ChannelInfo& c : likelihood.channels()) {
    if (options.regions.empty() ? names(options.controls, c.name) : !names(options.regions, c.name)) continue;
    spec::SignalYields yields{.channel = c.name};
    for (std::size_t b = 0; b < c.n_bins; ++b) {
      yields.yields.emplace_back(std::sqrt(std::max(0.0, expected[c.first_bin + b])));
    }
    sample.channels.push_back(std::move(yields));
  }
  const std::string& published = workspace.measurements.front().poi;
  const spec::Signal signal{
      .name = "probe signal", .poi = published.empty() ? "mu" : published, .samples = {std::move(sample)}};
  return edit::add_signal(workspace, signal, {.other_channels_are_zero = true});
}

/// Data of one likelihood for another one with the same channels and constraints.
Result<model::Data> data_for(const model::Likelihood& other, model::Data data, const model::Likelihood& likelihood,
                             const model::Data& observed) {
  for (const model::DataBlock& to : other.data_blocks()) {
    for (const model::DataBlock& from : likelihood.data_blocks()) {
      if (from.name != to.name || from.is_auxiliary != to.is_auxiliary || from.size != to.size) continue;
      std::copy_n(observed.values.begin() + static_cast<std::ptrdiff_t>(from.first), from.size,
                  data.values.begin() + static_cast<std::ptrdiff_t>(to.first));
    }
  }
  return model::mask_channels(other, std::move(data), model::masked_channels(likelihood, observed));
}

}  // namespace

Result<model::Compiled> with_probe_signal(const spec::Workspace& workspace, model::CompileOptions how,
                                          const model::Likelihood& likelihood, const model::Data& observed,
                                          SimplifyOptions& options) {
  const auto with = with_probe_sample(workspace, likelihood, options);
  if (!with) return with.errors();
  how.poi.reset();
  auto compiled = model::compile(*with, how);
  if (!compiled) return compiled;
  const model::Likelihood& probed = *compiled->likelihood;
  auto data = data_for(probed, std::move(compiled->observed), likelihood, observed);
  if (!data) return data.errors();
  compiled->observed = *std::move(data);
  if (!compiled->observed.masked.empty()) {
    compiled->notices.push_back(model::note_of_mask(probed, compiled->observed));
  }
  compiled->notices.emplace_back(probe_note);
  for (infer::FixedParameter& f : options.fixed) {
    f.parameter = probed.find_parameter(likelihood.parameters()[f.parameter.index].name).value();
  }
  return compiled;
}

Result<model::Compiled> with_signal(const Simplification& simplification, const model::Likelihood& full,
                                    const std::vector<double>& yields) {
  const auto conversion = workspace_of(simplification);
  if (!conversion) return conversion.errors();
  return compile_with_signal(conversion->workspace, simplification, full, yields, full.constraints_are_priors());
}

FullAnswers ask_full(const model::Likelihood& likelihood, const model::Data& observed, const ValidityOptions& options) {
  FullAnswers full{.signal = signal_yields(likelihood), .limit = {}, .scan = {}};
  infer::LimitOptions limit;
  limit.test.fixed = options.fixed;
  limit.test.stop = options.stop;
  full.limit = infer::upper_limit(likelihood, observed, limit);
  if (!full.limit.is_usable()) return full;
  const double farthest = std::max(full.limit.observed.value_or(0.0), full.limit.expected[2].value_or(0.0));
  const std::vector<double> mu = infer::evenly_spaced(0.0, 1.2 * farthest, options.n_points);
  full.scan = infer::scan(likelihood, observed, *likelihood.poi(), mu, {.fixed = options.fixed, .stop = options.stop});
  return full;
}

double Validity::shift() const {
  if (!observed_shift && !expected_shift) return nan;
  return std::max(std::fabs(observed_shift.value_or(0.0)), std::fabs(expected_shift.value_or(0.0)));
}

Validity check(const FullAnswers& full, const model::Likelihood& likelihood, const model::Data& observed,
               const Simplification& simplification, const ValidityOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Validity v;
  v.tolerance = options.tolerance;
  v.full = full.limit;
  v.distance = nan;
  v.n_parameters_full = likelihood.parameters().size();
  const auto fail = [&](Status status, std::string reason) {
    v.status = status;
    v.reason = std::move(reason);
    return v;
  };
  if (!full.limit.is_usable()) return fail(full.limit.status, "limit of the full likelihood: " + full.limit.reason);
  if (!simplification.is_usable()) return fail(simplification.status, simplification.reason);
  const auto conversion = workspace_of(simplification);
  if (!conversion) return fail(Status::not_defined, to_string(conversion.errors()));
  v.notes = conversion->notices;
  v.projection_distance = conversion->projection_distance;
  v.n_modes = conversion->n_modes;
  const bool are_priors = likelihood.constraints_are_priors() && !options.is_for_pyhf;
  const auto compiled = compile_with_signal(conversion->workspace, simplification, likelihood, full.signal, are_priors);
  if (!compiled) return fail(Status::not_defined, to_string(compiled.errors()));
  const model::Likelihood& simplified = *compiled->likelihood;
  v.n_parameters = simplified.parameters().size();

  const auto* moments = std::get_if<spec::SimplifiedLikelihood>(&simplification.publication.value);
  for (std::size_t i = 0; moments != nullptr && i < moments->regions.size(); ++i) {
    const spec::Region& region = moments->regions[i];
    const edit::RegionForm& form = conversion->regions[i];
    RegionCheck r{.name = region.name, .observed = region.observed, .background = region.background};
    r.uncertainty = std::sqrt(moments->covariance(i, i));
    r.signal = full.signal[simplification.moments.data[i]];
    r.pull = (r.observed - r.background) / std::sqrt(r.uncertainty * r.uncertainty + r.background);
    r.skewness = simplification.moments.skewness(i);
    r.is_quadratic = form.c != 0.0;
    r.is_too_skewed = form.is_too_skewed;
    v.regions.push_back(std::move(r));
  }
  std::vector<char> is_kept(observed.values.size(), 0);
  for (const KeptChannel& channel : simplification.channels) {
    std::fill_n(is_kept.begin() + static_cast<std::ptrdiff_t>(channel.first), channel.n_bins, 1);
  }
  double lost = 0.0, all = 0.0;
  for (std::size_t i = 0; i < full.signal.size(); ++i) {
    all += std::fabs(full.signal[i]);
    if (is_kept[i] == 0) lost += std::fabs(full.signal[i]);
  }
  if (lost > 0.0) {
    v.notes.push_back(
        fmt::format("{:.3g} of {:.3g} signal events are in channels that only the full likelihood has", lost, all));
  }

  infer::LimitOptions limit;
  limit.test.stop = options.stop;
  v.simplified = infer::upper_limit(simplified, compiled->observed, limit);
  if (!v.simplified.is_usable()) {
    return fail(v.simplified.status, "limit of the simplified likelihood: " + v.simplified.reason);
  }
  v.observed_shift = shift_of(full.limit.observed, v.simplified.observed);
  v.expected_shift = shift_of(full.limit.expected[2], v.simplified.expected[2]);

  if (full.scan.is_usable()) {
    for (const infer::ScanPoint& p : full.scan.points) v.mu.push_back(p.value);
    const infer::ProfileScan scan =
        infer::scan(simplified, compiled->observed, *simplified.poi(), v.mu, {.stop = options.stop});
    if (scan.is_usable()) {
      v.distance = 0.0;
      for (std::size_t i = 0; i < v.mu.size(); ++i) {
        v.t_full.push_back(full.scan.points[i].twice_delta_nll);
        v.t_simplified.push_back(scan.points[i].twice_delta_nll);
        const double d = std::fabs(v.t_full.back() - v.t_simplified.back());
        if (std::isfinite(d)) v.distance = std::max(v.distance, d);
      }
    } else {
      v.notes.push_back("no scan of the simplified likelihood: " + scan.reason);
    }
  } else {
    v.notes.push_back("no scan of the full likelihood: " + full.scan.reason);
  }
  v.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return v;
}

Result<SimplifyQuestion> question_of(const SimplifyChoices& choices) {
  using enum SimplifyMethod;
  Errors errors;
  const auto refuse = [&](const char* where, std::string why, std::string hint = {}) {
    errors.push_back({ErrorCode::option, where, std::move(why), std::move(hint)});
  };
  SimplifyQuestion question{.checks = choices.checks, .searches = choices.target_accuracy.has_value()};
  SimplifyOptions& o = question.simplify;
  o.method = choices.method.value_or(o.method);
  o.n_toys = choices.n_toys.value_or(o.n_toys);
  o.seed = choices.seed.value_or(o.seed);
  o.decorrelate = choices.decorrelate;
  question.validity.tolerance =
      choices.target_accuracy.value_or(choices.tolerance.value_or(question.validity.tolerance));
  if (question.searches && (choices.method || choices.tolerance)) {
    refuse("target_accuracy", "it chooses the method, and is the tolerance", "leave out method and tolerance");
  }
  if (!choices.checks && (question.searches || choices.tolerance)) {
    refuse("check", "without one, a target accuracy and a tolerance mean nothing", "leave them out");
  }
  if (choices.decorrelate && (question.searches || o.method != postfit_total)) {
    refuse("decorrelate", "it is about method postfit-total: all others have the correlations");
  }
  const bool draws = question.searches || o.method == toys_prefit || o.method == toys_postfit;
  const auto no_toys = [&] { return fmt::format("method {} draws no toys", to_string(o.method)); };
  if (!draws && choices.n_toys) refuse("n_toys", no_toys());
  if (!draws && choices.seed) refuse("seed", no_toys());
  if (question.searches && !(*choices.target_accuracy > 0.0)) {
    refuse("target_accuracy", fmt::format("{:g} is no accuracy", *choices.target_accuracy), "above 0");
  }
  if (choices.tolerance && !(*choices.tolerance >= 0.0)) {
    refuse("tolerance", fmt::format("{:g} is negative", *choices.tolerance));
  }
  if (!errors.empty()) return errors;
  return question;
}

Result<std::vector<Attempt>> simplify_and_check(const model::Likelihood& likelihood, const model::Data& observed,
                                                const SimplifyQuestion& question) {
  using enum SimplifyMethod;
  SimplifyOptions options = question.simplify;
  std::vector<SimplifyMethod> methods{options.method};
  if (question.searches) {
    const bool has_controls = options.fit_all_regions || !options.controls.empty();
    methods = has_controls ? std::vector<SimplifyMethod>{postfit_total, linear, toys_postfit, linearised}
                           : std::vector<SimplifyMethod>{toys_prefit, linearised};
  }
  const bool checks = question.checks || question.searches;
  FullAnswers full;
  std::vector<Attempt> attempts;
  for (const SimplifyMethod method : methods) {
    options.method = method;
    auto simplification = simplify(likelihood, observed, options);
    if (!simplification) return simplification.errors();
    Attempt attempt{*std::move(simplification), {}};
    // Once, and not before it is clear that the question is one.
    if (checks && attempts.empty()) full = ask_full(likelihood, observed, question.validity);
    if (checks) attempt.validity = check(full, likelihood, observed, attempt.simplification, question.validity);
    attempts.push_back(std::move(attempt));
    const Validity& validity = attempts.back().validity;
    if (!validity.misleads() || validity.status == Status::interrupted) break;
  }
  return attempts;
}

}  // namespace relume::reinterpret
