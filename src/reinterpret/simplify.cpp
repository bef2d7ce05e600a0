// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/simplify.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quoted_list.hpp"
#include "relume/edit/as_pyhf.hpp"
#include "relume/formats/simplify_json.hpp"
#include "relume/infer/yields.hpp"
#include "relume/model/channel_mask.hpp"

namespace relume::reinterpret {

using infer::Status;
using model::ConstraintKind;
using spec::ModifierType;

namespace {

using Names = std::vector<std::string>;

constexpr std::size_t names_told = 10;
/// Parameters of forms that have no natural bounds: nothing is ever pulled by a hundred standard deviations, and the
/// minimisers of other programs scale their steps with the bounds.
constexpr double far_away = 100.0;
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Names channel_names(const model::Likelihood& likelihood) {
  Names names;
  for (const model::ChannelInfo& c : likelihood.channels()) names.push_back(c.name);
  return names;
}

std::string fitted_text(const Names& fitted) { return quoted_beginning(fitted, names_told); }

/// What a name suggests, for error messages only.
Names likely_controls(const model::Likelihood& likelihood) {
  Names names;
  for (const model::ChannelInfo& c : likelihood.channels()) {
    if (c.name.find("CR") != std::string::npos) names.push_back(c.name);
  }
  return names;
}

Error no_controls(const model::Likelihood& likelihood, SimplifyMethod method) {
  const Names likely = likely_controls(likelihood);
  Error error{ErrorCode::option,
              "control",
              fmt::format("method {} fits control regions: say which these are", to_string(method)),
              {}};
  if (likely.empty()) {
    error.hint = fmt::format(
        "no channel of this model is called like a control region ({}): method toys-prefit needs none; to fit all "
        "regions counts the data of signal regions twice, and has to be asked for",
        quoted_beginning(channel_names(likelihood), names_told));
  } else {
    error.hint = "from their names they may be " + quoted_beginning(likely, names_told);
  }
  return error;
}

spec::ParameterConfig wide(const std::string& name) {
  spec::ParameterConfig config{.name = name};
  config.bounds = {{{-far_away, far_away}}};
  return config;
}

class Simplifier {
 public:
  Simplifier(const model::Likelihood& likelihood, const model::Data& observed, const SimplifyOptions& options)
      : likelihood_(likelihood), observed_(observed), options_(options) {
    result_.method = options.method;
    const auto poi = likelihood.poi();
    result_.poi = poi ? likelihood.parameters()[poi->index].name : "mu";
  }

  Result<Simplification> run() {
    const auto begin = std::chrono::steady_clock::now();
    if (Errors errors = choose_channels(); !errors.empty()) return errors;
    switch (options_.method) {
      case SimplifyMethod::toys_prefit:
        result_.moments = prefit_moments(likelihood_, observed_, moment_options());
        take_moments();
        break;
      case SimplifyMethod::toys_postfit:
        if (fit(true)) {
          result_.moments = postfit_moments(likelihood_, fitted_data_, fit_, moment_options());
          take_moments();
        }
        break;
      case SimplifyMethod::linear:
        if (fit(true)) {
          result_.moments = linear_moments(likelihood_, fit_, moment_options());
          take_moments();
        }
        break;
      case SimplifyMethod::postfit_total:
        if (fit(true)) take_totals();
        break;
      case SimplifyMethod::linearised:
        if (fit(false)) linearise();
        break;
    }
    if (auto* workspace = std::get_if<spec::Workspace>(&result_.publication.value)) {
      workspace->constraints_are_priors = likelihood_.constraints_are_priors();
    }
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(result_);
  }

 private:
  Errors choose_channels() {
    Errors errors;
    const Names all = channel_names(likelihood_);
    const auto check = [&](const Names& names, const char* where) {
      for (const std::string& name : names) {
        if (contains(all, name)) continue;
        errors.push_back({ErrorCode::reference, where, fmt::format("no channel is called '{}'", name),
                          "there are " + quoted_beginning(all, names_told)});
      }
    };
    check(options_.controls, "control");
    check(options_.regions, "region");
    if (options_.fit_all_regions && !options_.controls.empty()) {
      errors.push_back({ErrorCode::option, "control", "control regions are chosen, and all regions are to be fitted",
                        "say one of them"});
    }
    if (needs_controls(options_.method) && options_.controls.empty() && !options_.fit_all_regions) {
      errors.push_back(no_controls(likelihood_, options_.method));
    }
    const bool is_linearised = options_.method == SimplifyMethod::linearised;
    Names kept;
    for (const std::string& name : all) {
      const bool is_control = contains(options_.controls, name);
      const bool is_chosen = options_.regions.empty()
                                 ? !is_control || is_linearised
                                 : contains(options_.regions, name) || (is_linearised && is_control);
      if (!is_chosen) continue;
      if (is_control && !is_linearised) {
        errors.push_back({ErrorCode::option, "region", fmt::format("'{}' is a control region too", name),
                          "its data would count twice: leave it out of one of the two"});
      }
      kept.push_back(name);
    }
    if (errors.empty() && kept.empty()) {
      errors.push_back(
          {ErrorCode::option, "control", "every channel is a control region: no signal region is left", {}});
    }
    if (!errors.empty()) return errors;
    // In the order of the question, where there is one.
    if (!options_.regions.empty() && !is_linearised) kept = options_.regions;
    for (const std::string& name : kept) {
      const auto& channels = likelihood_.channels();
      const auto c = std::find_if(channels.begin(), channels.end(), [&](const auto& x) { return x.name == name; });
      result_.channels.push_back({name, c->first_bin, c->n_bins, {}});
    }
    regions_ = std::move(kept);
    return errors;
  }

  MomentOptions moment_options() const {
    return {.n_toys = options_.n_toys,
            .seed = options_.seed,
            .channels = regions_,
            .fixed = options_.fixed,
            .threads = options_.threads,
            .stop = options_.stop,
            .n_done = options_.n_done};
  }

  /// The fit without signal. The linearised model holds the data of all channels itself: where it is expanded counts
  /// nothing twice.
  bool fit(bool with_covariance) {
    infer::FitOptions options{.fixed = options_.fixed,
                              .uncertainties = with_covariance,
                              .covariance = with_covariance,
                              .stop = options_.stop};
    if (const auto poi = likelihood_.poi()) options.fixed.push_back({*poi, 0.0});
    const bool fits_all = options_.controls.empty();
    fitted_data_ = fits_all ? observed_ : model::only_channels(likelihood_, observed_, options_.controls).value();
    result_.fitted = fits_all ? channel_names(likelihood_) : options_.controls;
    fit_ = infer::fit(likelihood_, fitted_data_, options);
    result_.notes.insert(result_.notes.end(), fit_.notes.begin(), fit_.notes.end());
    if (with_covariance && fits_all) {
      result_.notes.push_back(
          "all regions were fitted: the data of signal regions are in the background, and count again where they are "
          "compared with it");
    }
    if (fit_.minimum.is_usable()) return true;
    const bool is_interrupted = fit_.minimum.status == minimize::MinimumStatus::interrupted;
    fail(is_interrupted ? Status::interrupted : Status::fit_failed,
         fmt::format("fit of {} without signal: {}", fitted_text(result_.fitted), fit_.minimum.reason));
    return false;
  }

  void fail(Status status, std::string reason) {
    result_.status = status;
    result_.reason = std::move(reason);
  }

  spec::Json provenance() const {
    spec::JsonObject object;
    object.emplace_back("made_by", "relume simplify");
    object.emplace_back("method", std::string(to_string(options_.method)));
    spec::JsonArray fitted;
    for (const std::string& name : result_.fitted) fitted.emplace_back(name);
    object.emplace_back("fitted_channels", std::move(fitted));
    if (result_.moments.n_toys > 0) {
      object.emplace_back("toys", static_cast<double>(result_.moments.n_toys));
      object.emplace_back("seed", static_cast<double>(options_.seed));
    }
    return spec::Json(std::move(object));
  }

  void take_moments() {
    const Moments& m = result_.moments;
    result_.notes.insert(result_.notes.end(), m.notes.begin(), m.notes.end());
    if (!m.is_usable()) return fail(m.status, m.reason);
    spec::SimplifiedLikelihood simplified;
    std::size_t i = 0;
    Names without_background;
    for (KeptChannel& channel : result_.channels) {
      for (std::size_t b = 0; b < channel.n_bins; ++b, ++i) {
        std::string name = channel.n_bins == 1 ? channel.name : fmt::format("{}[{}]", channel.name, b);
        if (!(m.mean[i] > 0.0)) without_background.push_back(name);
        simplified.regions.push_back({name, observed_.values[m.data[i]], m.mean[i]});
        channel.regions.push_back(std::move(name));
      }
    }
    if (!without_background.empty()) {
      return fail(Status::not_defined,
                  "no events are expected without signal in " + quoted_beginning(without_background, names_told));
    }
    simplified.covariance = {m.size(), m.covariance};
    std::size_t n_skewed = 0;
    for (std::size_t k = 0; k < m.third.size(); ++k) {
      const bool is_significant = std::fabs(m.third[k]) > options_.third_moment_significance * m.third_error[k];
      n_skewed += is_significant;
      simplified.third_moments.push_back(is_significant ? std::optional<double>(m.third[k]) : std::nullopt);
    }
    if (n_skewed == 0) simplified.third_moments.clear();
    simplified.metadata = provenance();
    result_.publication.value = std::move(simplified);
  }

  /// Signals of patchsets have a lumi modifier, which wants to know its parameter.
  std::vector<spec::ParameterConfig> lumi() const {
    std::vector<spec::ParameterConfig> configs;
    for (const model::Parameter& p : likelihood_.parameters()) {
      if (p.name != "lumi" || p.constraint.kind != ConstraintKind::normal || result_.poi == p.name) continue;
      spec::ParameterConfig config{.name = p.name};
      const double auxiliary = observed_.values[p.constraint.data_index];
      config.inits = spec::Numbers{auxiliary};
      config.auxdata = spec::Numbers{auxiliary};
      config.sigmas = spec::Numbers{p.constraint.width};
      config.bounds = {{{p.lower, p.upper}}};
      configs.push_back(std::move(config));
    }
    return configs;
  }

  spec::Numbers observed_counts(const KeptChannel& channel) const {
    spec::Numbers counts;
    for (std::size_t b = 0; b < channel.n_bins; ++b) counts.emplace_back(observed_.values[channel.first + b]);
    return counts;
  }

  /// Differences over one standard deviation of each parameter to both sides, as the original tool has it.
  void take_totals() {
    infer::YieldOptions options{.propagation = infer::Propagation::one_sigma};
    options.channels = model::channel_places(likelihood_, regions_).value();
    infer::Yields yields = infer::postfit_yields(likelihood_, fit_, options);
    if (!yields.is_usable()) return fail(yields.status, yields.reason);
    std::vector<formats::PostfitChannel> channels;
    for (std::size_t c = 0; c < result_.channels.size(); ++c) {
      const KeptChannel& kept = result_.channels[c];
      formats::PostfitChannel channel{.name = kept.name};
      for (const infer::Yield& y : yields.channels[c].total.bins) {
        if (!std::isfinite(y.uncertainty)) {
          return fail(Status::not_defined,
                      yields.notes.empty() ? "the fit has no covariance matrix" : yields.notes.back());
        }
        channel.yields.push_back(y.value);
        channel.uncertainties.push_back(y.uncertainty);
      }
      for (const spec::Number& n : observed_counts(kept)) channel.observed.push_back(n.value);
      channels.push_back(std::move(channel));
    }
    auto ws = formats::workspace_from_postfit(
        channels, {.measurement = std::string(to_string(options_.method)), .poi = result_.poi, .parameters = lumi()});
    if (!ws) return fail(Status::not_defined, to_string(ws.errors()));
    if (options_.decorrelate) {
      for (spec::Channel& channel : ws->channels) split_bins(channel);
    }
    result_.publication.value = *std::move(ws);
  }

  /// "totalError" of all bins becomes one modifier per bin.
  static void split_bins(spec::Channel& channel) {
    spec::Sample& sample = channel.samples.front();
    const auto all = std::get<spec::HistoSysData>(sample.modifiers.front().data);
    sample.modifiers.clear();
    for (std::size_t b = 0; b < sample.data.size(); ++b) {
      spec::HistoSysData one{sample.data, sample.data};
      one.lo[b] = all.lo[b];
      one.hi[b] = all.hi[b];
      sample.modifiers.push_back(
          {fmt::format("totalError_{}[{}]", channel.name, b), ModifierType::histosys, std::move(one)});
    }
  }

  /// With J the derivatives at the fitted point x, lambda = lambda(x) + sum_k J_k (theta_k - x_k). A constrained
  /// parameter becomes a histosys in units of its constraint; a free one scales a sample of its own, J_k theta_k; so
  /// does lumi, whose modifiers have a type of their own.
  void linearise() {
    std::vector<double> point = fit_.minimum.x;
    if (const auto poi = likelihood_.poi()) point[poi->index] = 0.0;
    std::vector<char> held;
    for (const model::Parameter& p : likelihood_.parameters()) held.push_back(p.is_fixed);
    if (const auto poi = likelihood_.poi()) held[poi->index] = 1;
    for (const infer::FixedParameter& f : options_.fixed) held[f.parameter.index] = 1;
    const std::vector<double> slopes = likelihood_.main_slopes(point);
    const std::vector<double> expected = likelihood_.expected_data(point).values;
    const std::size_t n = point.size();

    spec::Workspace ws;
    spec::Measurement m{std::string(to_string(options_.method)), result_.poi, lumi()};
    Names approximated;
    std::vector<char> acts(n, 0);
    for (const KeptChannel& channel : result_.channels) {
      spec::Sample background{"background", {}, {}};
      for (std::size_t b = 0; b < channel.n_bins; ++b) background.data.emplace_back(expected[channel.first + b]);
      std::vector<spec::Sample> scaled;
      struct Shift {
        std::size_t parameter;
        std::vector<double> by;
      };
      std::vector<Shift> shifts;
      for (std::size_t k = 0; k < n; ++k) {
        std::vector<double> effect;
        for (std::size_t b = 0; b < channel.n_bins; ++b) effect.push_back(slopes[(channel.first + b) * n + k]);
        if (held[k] != 0 || std::all_of(effect.begin(), effect.end(), [](double e) { return e == 0.0; })) continue;
        acts[k] = 1;
        const model::Parameter& p = likelihood_.parameters()[k];
        const bool is_lumi = p.name == "lumi" && p.constraint.kind == ConstraintKind::normal;
        const bool is_free = p.constraint.kind == ConstraintKind::none;
        const double centre = is_free || is_lumi ? 0.0 : centre_of(p);
        for (std::size_t b = 0; b < channel.n_bins; ++b) background.data[b].value += effect[b] * (centre - point[k]);
        if (is_free || is_lumi) {
          spec::Sample sample{
              "background_" + p.name, {}, {{p.name, is_lumi ? ModifierType::lumi : ModifierType::normfactor, {}}}};
          sample.data.assign(effect.begin(), effect.end());
          scaled.push_back(std::move(sample));
        } else {
          for (double& e : effect) e *= p.prefit_sigma();
          shifts.push_back({k, std::move(effect)});
        }
      }
      for (const Shift& shift : shifts) {
        spec::HistoSysData data{background.data, background.data};
        for (std::size_t b = 0; b < channel.n_bins; ++b) {
          data.lo[b].value -= shift.by[b];
          data.hi[b].value += shift.by[b];
        }
        background.modifiers.push_back(
            {likelihood_.parameters()[shift.parameter].name, ModifierType::histosys, std::move(data)});
      }
      ws.channels.push_back({channel.name, {std::move(background)}});
      for (spec::Sample& sample : scaled) ws.channels.back().samples.push_back(std::move(sample));
      ws.observations.push_back({channel.name, observed_counts(channel)});
    }
    for (std::size_t k = 0; k < n; ++k) {
      if (acts[k] == 0) continue;
      const model::Parameter& p = likelihood_.parameters()[k];
      if (p.constraint.kind == ConstraintKind::none) {
        spec::ParameterConfig config{.name = p.name};
        config.inits = spec::Numbers{p.initial};
        config.bounds = {{{p.lower, p.upper}}};
        m.parameters.push_back(std::move(config));
        continue;
      }
      if (p.constraint.kind == ConstraintKind::poisson) approximated.push_back(p.name);
      if (p.name == "lumi") continue;
      spec::ParameterConfig config = wide(p.name);
      if (p.constraint.kind == ConstraintKind::gamma_variance) config.error_on_error = p.constraint.error_on_error;
      m.parameters.push_back(std::move(config));
    }
    keep_correlations(acts, ws);
    if (!approximated.empty()) {
      result_.notes.push_back("Poisson constraints became normal ones: " + quoted_beginning(approximated, names_told));
    }
    ws.measurements.push_back(std::move(m));
    result_.publication.value = std::move(ws);
  }

  void keep_correlations(const std::vector<char>& acts, spec::Workspace& ws) const {
    for (const model::CorrelatedConstraint& block : likelihood_.correlated_constraints()) {
      std::vector<std::size_t> marked;
      for (std::size_t k = 0; k < block.parameters.size(); ++k) {
        if (acts[block.parameters[k]] != 0) marked.push_back(k);
      }
      if (marked.size() < 2) continue;
      spec::Correlation correlation;
      correlation.matrix.size = marked.size();
      for (const std::size_t a : marked) {
        correlation.parameters.push_back(likelihood_.parameters()[block.parameters[a]].name);
        for (const std::size_t b : marked) {
          correlation.matrix.values.push_back(block.correlation[a * block.parameters.size() + b]);
        }
      }
      ws.correlations.push_back(std::move(correlation));
    }
  }

  /// What the constraint prefers.
  double centre_of(const model::Parameter& p) const {
    const double auxiliary = observed_.values[p.constraint.data_index];
    return p.constraint.kind == ConstraintKind::poisson ? auxiliary / p.constraint.rate : auxiliary;
  }

  const model::Likelihood& likelihood_;
  const model::Data& observed_;
  const SimplifyOptions& options_;
  Simplification result_;
  Names regions_;
  model::Data fitted_data_;
  infer::FitResult fit_;
};

}  // namespace

std::optional<SimplifyMethod> simplify_method_from_string(std::string_view name) {
  for (const auto method : {SimplifyMethod::toys_prefit, SimplifyMethod::toys_postfit, SimplifyMethod::linear,
                            SimplifyMethod::postfit_total, SimplifyMethod::linearised}) {
    if (name == to_string(method)) return method;
  }
  return std::nullopt;
}

std::string_view to_string(SimplifyMethod method) {
  switch (method) {
    case SimplifyMethod::toys_prefit: return "toys-prefit";
    case SimplifyMethod::toys_postfit: return "toys-postfit";
    case SimplifyMethod::linear: return "linear";
    case SimplifyMethod::postfit_total: return "postfit-total";
    case SimplifyMethod::linearised: return "linearised";
  }
  return "";
}

bool needs_controls(SimplifyMethod method) {
  return method != SimplifyMethod::toys_prefit && method != SimplifyMethod::linearised;
}

Result<Simplification> simplify(const model::Likelihood& likelihood, const model::Data& observed,
                                const SimplifyOptions& options) {
  if (likelihood.channels().empty() || !likelihood.why_no_expected_data().empty()) {
    return Error{ErrorCode::unsupported, "model", "only counts in channels can be simplified",
                 likelihood.why_no_expected_data()};
  }
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary || block.kind == model::BlockKind::counts) continue;
    return Error{ErrorCode::unsupported, "model", "only counts in channels can be simplified",
                 fmt::format("'{}' is a measured value", block.name)};
  }
  return Simplifier(likelihood, observed, options).run();
}

Result<spec::Workspace> as_pyhf(const Simplification& simplification) {
  auto converted = edit::as_pyhf(simplification.publication, {.poi = simplification.poi});
  if (!converted) return converted.errors();
  if (converted->lost.empty()) return std::move(converted->workspace);
  Errors errors;
  for (const std::string& lost : converted->lost) {
    errors.push_back({ErrorCode::unsupported, "pyhf", "a pyhf workspace has no place for " + lost,
                      "relume's own format keeps them; method linear makes none"});
  }
  return errors;
}

}  // namespace relume::reinterpret
