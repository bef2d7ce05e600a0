// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Workspace -> flat model. Order of channels, samples and parameters as in pyhf, so that vectors can be exchanged:
// channels, samples and modifiers alphabetically; parameters grouped by modifier type, in each group by first use.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "model/histfactory_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

std::optional<InterpolationCode> interpolation_code_from_string(std::string_view name) {
  if (name == "code0" || name == "0") return InterpolationCode::code0;
  if (name == "code1" || name == "1") return InterpolationCode::code1;
  if (name == "code2" || name == "2") return InterpolationCode::code2;
  if (name == "code2-pyhf") return InterpolationCode::code2_pyhf;
  if (name == "code4" || name == "4") return InterpolationCode::code4;
  if (name == "code4p" || name == "4p") return InterpolationCode::code4p;
  return std::nullopt;
}

std::string_view to_string(InterpolationCode code) {
  switch (code) {
    case InterpolationCode::code0: return "code0";
    case InterpolationCode::code1: return "code1";
    case InterpolationCode::code2: return "code2";
    case InterpolationCode::code2_pyhf: return "code2-pyhf";
    case InterpolationCode::code4: return "code4";
    case InterpolationCode::code4p: return "code4p";
  }
  return "unknown";
}

namespace {

using spec::ModifierType;

// Defaults of pyhf 0.7.6, which published results rest on.
constexpr double alpha_bound = 5.0;
constexpr double factor_upper = 10.0;
constexpr double gamma_lower = 1e-10;

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

bool is_per_bin(ModifierType type) {
  return type == ModifierType::shapefactor || type == ModifierType::shapesys || type == ModifierType::staterror;
}

/// Ranks by which pyhf orders the parameter groups; the enum is in that order.
int rank(ModifierType type) { return static_cast<int>(type); }

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

/// One parameter set as collected from the modifiers.
struct SetInfo {
  std::string_view name;
  ModifierType type = ModifierType::normfactor;  ///< of its first use, the earliest in pyhf's order when shared
  std::size_t order = 0;                         ///< of first use within the type
  std::size_t n_bins = 0;                        ///< shapefactor: bins of the first channel
  std::string_view first_channel;
  std::string place;  ///< of the first use
  // per-bin sets with constraints
  std::vector<std::uint32_t> bins;  ///< main bin of each component
  std::vector<double> nominal, variance;
  std::size_t first = 0;  ///< index of its first parameter
  const spec::ParameterConfig* config = nullptr;
  std::size_t size() const { return type == ModifierType::shapefactor ? n_bins : is_per_bin(type) ? bins.size() : 1; }
};

template <class T>
std::vector<const T*> sorted_by_name(const std::vector<T>& items) {
  std::vector<const T*> sorted;
  sorted.reserve(items.size());
  for (const T& item : items) sorted.push_back(&item);
  std::stable_sort(sorted.begin(), sorted.end(), [](const T* a, const T* b) { return a->name < b->name; });
  return sorted;
}

}  // namespace

struct HistFactoryCompiler {
  const spec::Workspace& workspace;
  const CompileOptions& options;
  Errors errors{};
  std::vector<std::string> notices{};
  std::unique_ptr<HistFactory> model = std::make_unique<HistFactory>();
  const spec::Measurement* measurement = nullptr;

  std::vector<const spec::Channel*> channels{};
  std::vector<std::vector<const spec::Sample*>> samples{};                   // per channel, sorted
  std::vector<std::vector<std::vector<const spec::Modifier*>>> modifiers{};  // per channel and sample, sorted
  std::vector<SetInfo> sets{};
  std::unordered_map<std::string_view, std::uint32_t> set_of_name{};
  std::vector<std::uint32_t> set_of_use{};  ///< per modifier, in the order of the walk
  std::vector<std::uint32_t> set_order{};

  void error(ErrorCode code, std::string where, std::string message, std::string hint = {}) {
    errors.push_back({code, std::move(where), std::move(message), std::move(hint)});
  }

  /// Where a modifier stands in the workspace's document, as JSON pointer.
  std::string place(const spec::Channel& channel, const spec::Sample& sample, const spec::Modifier& modifier) const {
    return fmt::format("#/channels/{}/samples/{}/modifiers/{}", &channel - workspace.channels.data(),
                       &sample - channel.samples.data(), &modifier - sample.modifiers.data());
  }
  static std::string described(const spec::Channel& channel, const spec::Sample& sample,
                               const spec::Modifier& modifier) {
    return fmt::format("{} '{}' of sample '{}' in channel '{}': ", spec::to_string(modifier.type), modifier.name,
                       sample.name, channel.name);
  }
  void modifier_error(const spec::Channel& channel, const spec::Sample& sample, const spec::Modifier& modifier,
                      const std::string& message, std::string hint) {
    error(ErrorCode::model, place(channel, sample, modifier), described(channel, sample, modifier) + message,
          std::move(hint));
  }

  bool choose_measurement() {
    if (workspace.measurements.empty()) {
      error(ErrorCode::model, "#/measurements", "the workspace has no measurement");
      return false;
    }
    if (options.measurement.empty()) {
      measurement = &workspace.measurements.front();
      if (workspace.measurements.size() > 1) {
        notices.push_back("the workspace has " + std::to_string(workspace.measurements.size()) +
                          " measurements; the first, " + quoted(measurement->name) + ", is used");
      }
      return true;
    }
    std::string names;
    for (const auto& m : workspace.measurements) {
      if (m.name == options.measurement) measurement = &m;
      names += (names.empty() ? "" : ", ") + quoted(m.name);
    }
    if (measurement == nullptr) {
      error(ErrorCode::reference, "#/measurements", "no measurement is called " + quoted(options.measurement),
            "there are: " + names);
    }
    return measurement != nullptr;
  }

  void sort_spec() {
    channels = sorted_by_name(workspace.channels);
    for (const spec::Channel* channel : channels) {
      samples.push_back(sorted_by_name(channel->samples));
      auto& of_channel = modifiers.emplace_back();
      for (const spec::Sample* sample : samples.back()) {
        std::vector<const spec::Modifier*> sorted;
        sorted.reserve(sample->modifiers.size());
        for (const spec::Modifier& modifier : sample->modifiers) sorted.push_back(&modifier);
        const auto before = [](const spec::Modifier* a, const spec::Modifier* b) {
          const int order = a->name.compare(b->name);
          return order != 0 ? order < 0 : spec::to_string(a->type) < spec::to_string(b->type);
        };
        // Published files come sorted more often than not.
        if (!std::is_sorted(sorted.begin(), sorted.end(), before)) std::sort(sorted.begin(), sorted.end(), before);
        of_channel.push_back(std::move(sorted));
      }
    }
  }

  static std::size_t n_bins_of(const spec::Channel& channel) {
    return channel.samples.empty() ? 0 : channel.samples.front().data.size();
  }

  /// Walks all modifiers in pyhf's order and collects the parameter sets.
  void collect_sets() {
    std::size_t order = 0, first_bin = 0, n_uses = 0;
    for (const auto& of_channel : modifiers) {
      for (const auto& of_sample : of_channel) n_uses += of_sample.size();
    }
    set_of_use.reserve(n_uses);
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const std::size_t n = n_bins_of(*channels[c]);
      for (std::size_t s = 0; s < samples[c].size(); ++s) {
        for (const spec::Modifier* modifier : modifiers[c][s]) {
          add_use(*channels[c], *samples[c][s], *modifier, n, first_bin, order++);
        }
      }
      first_bin += n;
    }
    set_order.resize(sets.size());
    std::iota(set_order.begin(), set_order.end(), 0u);
    std::sort(set_order.begin(), set_order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const SetInfo &x = sets[a], &y = sets[b];
      if (x.type != y.type) return rank(x.type) < rank(y.type);
      // staterror sets come by name, all others by first use.
      if (x.type == ModifierType::staterror) return x.name < y.name;
      return x.order < y.order;
    });
  }

  void add_use(const spec::Channel& channel, const spec::Sample& sample, const spec::Modifier& modifier, std::size_t n,
               std::size_t first_bin, std::size_t order) {
    const auto [at, is_new] = set_of_name.try_emplace(modifier.name, static_cast<std::uint32_t>(sets.size()));
    set_of_use.push_back(at->second);
    if (is_new) {
      SetInfo info;
      info.name = modifier.name;
      info.type = modifier.type;
      info.order = order;
      info.n_bins = n;
      info.first_channel = channel.name;
      info.place = place(channel, sample, modifier);
      sets.push_back(std::move(info));
    }
    SetInfo& set = sets[at->second];
    if (!is_new && set.type != modifier.type) {
      const bool both_alpha = (set.type == ModifierType::normsys || set.type == ModifierType::histosys) &&
                              (modifier.type == ModifierType::normsys || modifier.type == ModifierType::histosys);
      if (!both_alpha) {
        modifier_error(channel, sample, modifier,
                       "the name is already that of a " + std::string(spec::to_string(set.type)) +
                           ", whose parameters are of another kind",
                       "only normsys and histosys may share a name");
        return;
      }
      if (rank(modifier.type) < rank(set.type)) {  // the earliest group wins, by its own first use
        set.type = modifier.type;
        set.order = order;
      }
    }
    switch (modifier.type) {
      case ModifierType::shapefactor:
        // Differs from pyhf: which multiplies the surplus bins of a longer channel by an unrelated parameter.
        if (n != set.n_bins) {
          modifier_error(channel, sample, modifier,
                         "this shapefactor has " + std::to_string(set.n_bins) + " bins in channel " +
                             quoted(set.first_channel) + " and " + std::to_string(n) + " here",
                         "channels that share a shapefactor must have the same number of bins");
        }
        break;
      case ModifierType::shapesys:
        if (!is_new) {
          modifier_error(channel, sample, modifier,
                         "a shapesys belongs to one sample in one channel, and this name is used more than once",
                         "give each its own name");
          return;
        }
        [[fallthrough]];
      case ModifierType::staterror: {
        const auto* uncertainties = std::get_if<spec::Numbers>(&modifier.data);
        if (uncertainties == nullptr || uncertainties->size() != n) break;  // the reader has reported it
        for (std::size_t b = 0; b < n; ++b) {
          const auto bin = static_cast<std::uint32_t>(first_bin + b);
          // Channels are walked in order, so the bins of a set come ascending.
          const auto found = std::lower_bound(set.bins.begin(), set.bins.end(), bin);
          const auto k = static_cast<std::size_t>(found - set.bins.begin());
          if (found == set.bins.end()) {
            set.bins.push_back(bin);
            set.nominal.push_back(0.0);
            set.variance.push_back(0.0);
          }
          const double u = (*uncertainties)[b].value;
          set.nominal[k] += sample.data[b].value;
          set.variance[k] += u * u;
        }
        break;
      }
      default: break;
    }
  }

  /// Where a parameter is configured, or else where it is used first.
  std::string config_place(const SetInfo& set) const {
    if (set.config == nullptr) return set.place;
    return fmt::format("#/measurements/{}/config/parameters/{}", measurement - workspace.measurements.data(),
                       set.config - measurement->parameters.data());
  }
  void config_error(const SetInfo& set, const std::string& message, std::string hint = {}) {
    error(ErrorCode::model, config_place(set), fmt::format("parameter '{}': ", set.name) + message, std::move(hint));
  }

  void match_configs() {
    for (const spec::ParameterConfig& config : measurement->parameters) {
      const auto at = set_of_name.find(config.name);
      if (at == set_of_name.end()) {
        notices.push_back("measurement " + quoted(measurement->name) + " configures " + quoted(config.name) +
                          ", which no modifier uses: ignored");
        continue;
      }
      sets[at->second].config = &config;
    }
  }

  template <class Values>
  bool has(const SetInfo& set, const std::optional<Values>& values, const char* what) {
    if (!values) return false;
    if (values->size() == set.size()) return true;
    config_error(set, std::string(what) + " has " + std::to_string(values->size()) + " entries for a parameter of " +
                          std::to_string(set.size()) + " components");
    return false;
  }

  /// The relative uncertainty of a set's widths, from the options or else from the measurement; 0: none.
  double error_on_error(const SetInfo& set, bool has_normal_constraint) {
    const auto option = options.errors_on_errors.find(std::string(set.name));
    const bool is_option = option != options.errors_on_errors.end();
    if (!is_option && (set.config == nullptr || !set.config->error_on_error)) return 0.0;
    const double e = is_option ? option->second : set.config->error_on_error->value;
    const std::string where = is_option ? "errors_on_errors" : config_place(set) + "/error_on_error";
    if (!has_normal_constraint) {
      error(is_option ? ErrorCode::option : ErrorCode::model, where,
            fmt::format("parameter '{}': an error on the error means nothing for {}", set.name,
                        set.type == ModifierType::shapesys ? "a shapesys, whose auxiliary data are counts"
                        : set.type == ModifierType::lumi   ? "a lumi without sigmas"
                                                           : fmt::format("a {}, which is free", to_string(set.type))),
            "it is for normal constraints: of normsys, histosys, staterror, and lumi with sigmas");
      return 0.0;
    }
    // Below the least, 1/(4 e^2) is not representable.
    constexpr double least = 1e-150;
    if (!(e > least && e <= 1.0)) {
      error(is_option ? ErrorCode::option : ErrorCode::model, where,
            fmt::format("the error on the error of '{}' is {:g}", set.name, e),
            "it is the relative uncertainty of a standard deviation: above 0, at most 1");
      return 0.0;
    }
    return e;
  }

  void check_errors_on_errors() {
    for (const auto& [name, e] : options.errors_on_errors) {
      if (set_of_name.contains(name)) continue;
      std::vector<std::string> names;
      for (const SetInfo& set : sets) names.emplace_back(set.name);
      error(ErrorCode::reference, "errors_on_errors", "no parameter is called " + quoted(name),
            hint_for_unknown(name, names));
    }
  }

  void refuse(const SetInfo& set, bool present, const char* what) {
    if (present) {
      config_error(set, std::string(what) + " means nothing for a " + std::string(spec::to_string(set.type)));
    }
  }

  void add_parameters() {
    for (const std::uint32_t index : set_order) {
      SetInfo& set = sets[index];
      set.first = model->parameters_.size();
      const std::size_t size = set.size();
      model->parameter_sets_.push_back({std::string(set.name), set.first, size, !is_per_bin(set.type)});
      const spec::ParameterConfig* config = set.config;
      static const spec::ParameterConfig nothing;
      if (config == nullptr) config = &nothing;
      const bool inits = has(set, config->inits, "inits"), bounds = has(set, config->bounds, "bounds"),
                 auxdata = has(set, config->auxdata, "auxdata"), sigmas = has(set, config->sigmas, "sigmas"),
                 factors = has(set, config->factors, "factors");
      const bool unconstrained = set.type == ModifierType::normfactor || set.type == ModifierType::shapefactor;
      const bool takes_sigmas = set.type == ModifierType::staterror || set.type == ModifierType::lumi;
      if (unconstrained) refuse(set, auxdata, "auxdata");
      if (!takes_sigmas) refuse(set, sigmas, "sigmas");
      if (set.type != ModifierType::shapesys) refuse(set, factors, "factors");
      // Differs from pyhf: which needs a complete configuration of lumi, or fails with a TypeError. An uncertainty
      // cannot be guessed; without one the luminosity is held at its nominal value, and the notice says so.
      const bool lumi_unknown = set.type == ModifierType::lumi && !sigmas;
      if (lumi_unknown) {
        notices.push_back("'lumi' has no configured uncertainty: held at " +
                          std::string(inits || auxdata ? "its configured value" : "1") +
                          ", without a constraint; configure auxdata and sigmas in the measurement to let it float");
      }
      const double e = error_on_error(set, !unconstrained && !lumi_unknown && set.type != ModifierType::shapesys);
      for (std::size_t k = 0; k < size; ++k) {
        Parameter p;
        p.name = is_per_bin(set.type) ? std::string(set.name) + "[" + std::to_string(k) + "]" : std::string(set.name);
        double auxiliary = 0.0;
        switch (set.type) {
          case ModifierType::normfactor:
          case ModifierType::shapefactor:
            p.initial = 1.0;
            p.lower = 0.0;
            p.upper = factor_upper;
            break;
          case ModifierType::normsys:
          case ModifierType::histosys:
            p.lower = -alpha_bound;
            p.upper = alpha_bound;
            p.constraint = {ConstraintKind::normal, 0, 1.0, 0.0};
            break;
          case ModifierType::lumi:
            auxiliary = 1.0;
            p.initial = 1.0;
            p.lower = 0.0;
            p.upper = factor_upper;
            if (sigmas) p.constraint = {ConstraintKind::normal, 0, (*config->sigmas)[k].value, 0.0};
            p.is_fixed = lumi_unknown;
            if (auxdata) p.initial = (*config->auxdata)[k].value;
            break;
          case ModifierType::shapesys: {
            // Poisson(tau | gamma tau), tau = (nominal / uncertainty)^2; a bin without either is fixed, with tau = 1.
            const bool used = set.nominal[k] > 0.0 && set.variance[k] > 0.0;
            const double tau = used ? set.nominal[k] * set.nominal[k] / set.variance[k] : 1.0;
            auxiliary = tau;
            p.constraint = {ConstraintKind::poisson, 0, 0.0, factors ? (*config->factors)[k].value : tau};
            p.initial = 1.0;
            p.lower = gamma_lower;
            p.upper = factor_upper;
            p.is_fixed = !used;
            break;
          }
          case ModifierType::staterror: {
            const bool used = set.nominal[k] > 0.0 && set.variance[k] > 0.0;
            if (!used && set.variance[k] > 0.0) {
              notices.push_back(
                  fmt::format("{} is held at 1, as in pyhf: the samples that carry this staterror add up to {:g} "
                              "events in its bin, "
                              "so that their uncertainty {:g} has no relative size",
                              p.name, set.nominal[k], std::sqrt(set.variance[k])));
            }
            auxiliary = 1.0;
            p.constraint = {ConstraintKind::normal, 0, used ? std::sqrt(set.variance[k]) / set.nominal[k] : 1.0, 0.0};
            if (sigmas) p.constraint.width = (*config->sigmas)[k].value;
            p.initial = 1.0;
            p.lower = gamma_lower;
            p.upper = factor_upper;
            p.is_fixed = !used;
            break;
          }
        }
        if (e > 0.0) {
          p.constraint.kind = ConstraintKind::gamma_variance;
          p.constraint.error_on_error = e;
        }
        if (inits) p.initial = (*config->inits)[k].value;
        if (bounds) {
          p.lower = (*config->bounds)[k].lower.value;
          p.upper = (*config->bounds)[k].upper.value;
          if (!(p.lower <= p.upper)) {
            config_error(set, fmt::format("the lower bound {:g} is above the upper bound {:g}", p.lower, p.upper));
          }
        }
        if (auxdata) auxiliary = (*config->auxdata)[k].value;
        if (config->fixed) p.is_fixed = *config->fixed || lumi_unknown;
        // Squares of these must be representable, or the likelihood is not.
        const auto usable = [](double x) { return x > 1e-150 && x < 1e150; };
        if (p.constraint.kind != ConstraintKind::none && p.constraint.kind != ConstraintKind::poisson &&
            !usable(p.constraint.width)) {
          config_error(
              set, fmt::format("the width of its constraint on {} is {:g}", p.name, p.constraint.width),
              "widths (sigmas, or relative uncertainties) must be positive, and of a size that can be squared");
        }
        if (p.constraint.kind == ConstraintKind::poisson &&
            (!usable(p.constraint.rate) || !(auxiliary >= 0.0 && auxiliary < 1e150))) {
          config_error(set,
                       fmt::format("the Poisson constraint on {} has factor {:g} and auxiliary count {:g}", p.name,
                                   p.constraint.rate, auxiliary),
                       "factors are (nominal / uncertainty)^2: positive, finite, and of a size that can be squared");
        }
        if (p.initial < p.lower || p.initial > p.upper) {
          notices.push_back(fmt::format("the initial value {:g} of '{}'", p.initial, p.name) +
                            " lies outside of its bounds: fits start at the nearest bound");
        }
        model->parameters_.push_back(std::move(p));
        auxiliaries.push_back(auxiliary);
      }
    }
  }
  std::vector<double> auxiliaries{};  ///< per parameter

  /// Normal constraints that are parts of one multivariate normal.
  void correlate() {
    for (std::size_t c = 0; c < workspace.correlations.size(); ++c) {
      const std::string where = fmt::format("#/correlations/{}", c);
      const auto ordered =
          in_order(workspace.correlations[c], where, [&](const std::string& name) -> Result<std::uint32_t> {
            const auto set = set_of_name.find(name);
            if (set == set_of_name.end())
              return Error{ErrorCode::model, where, "no parameter is called " + quoted(name), {}};
            const std::size_t index = sets[set->second].first;
            const ConstraintKind kind = model->parameters_[index].constraint.kind;
            if (kind == ConstraintKind::correlated_normal) {
              return Error{ErrorCode::model, where, quoted(name) + " is correlated twice",
                           "list all that it is correlated with in one matrix"};
            }
            if (sets[set->second].size() != 1 || kind != ConstraintKind::normal) {
              return Error{
                  ErrorCode::model, where,
                  quoted(name) + " has no normal constraint of its own that could be correlated",
                  "correlations are for normsys, histosys and constrained lumi, without an error on the error"};
            }
            return static_cast<std::uint32_t>(index);
          });
      if (!ordered) {
        errors.insert(errors.end(), ordered.errors().begin(), ordered.errors().end());
        continue;
      }
      auto block = correlated_constraint(ordered->parameters, ordered->correlation);
      if (!block) {
        error(ErrorCode::model, where, block.error().message, block.error().hint);
        continue;
      }
      for (const std::uint32_t parameter : block->parameters) {
        model->parameters_[parameter].constraint.kind = ConstraintKind::correlated_normal;
      }
      model->correlated_constraints_.push_back(std::move(*block));
    }
  }

  void add_data_blocks(Data& observed) {
    std::size_t bin = 0;
    const auto observations = sorted_by_name(workspace.observations);
    auto next = observations.begin();
    for (const spec::Channel* channel : channels) {  // sorted as well: one walk through both
      const std::size_t n = n_bins_of(*channel);
      next = std::find_if(next, observations.end(), [&](const auto* o) { return o->name >= channel->name; });
      const spec::Observation* observation = next != observations.end() ? *next : nullptr;
      if (observation == nullptr || observation->name != channel->name || observation->data.size() != n) {
        error(ErrorCode::model, "#/observations",
              "channel " + quoted(channel->name) + " needs an observation of " + std::to_string(n) + " bins");
        continue;
      }
      for (const spec::Number& number : observation->data) observed.values.push_back(number.value);
      model->data_blocks_.push_back({channel->name, BlockKind::counts, bin, n, false});
      bin += n;
    }
    model->n_bins = bin;
    std::size_t at = bin;
    for (const ParameterSet& set : model->parameter_sets_) {
      Parameter* first = &model->parameters_[set.first];
      if (first->constraint.kind == ConstraintKind::none) continue;
      const BlockKind kind = first->constraint.kind == ConstraintKind::poisson ? BlockKind::counts : BlockKind::reals;
      model->data_blocks_.push_back({set.name, kind, at, set.size, true});
      for (std::size_t k = 0; k < set.size; ++k) {
        first[k].constraint.data_index = at++;
        observed.values.push_back(auxiliaries[set.first + k]);
      }
    }
    // Estimated variances come last, so that all other data stand where they stand without them.
    for (const ParameterSet& set : model->parameter_sets_) {
      Parameter* first = &model->parameters_[set.first];
      if (first->constraint.kind != ConstraintKind::gamma_variance) continue;
      model->data_blocks_.push_back({set.name + ".variance", BlockKind::variances, at, set.size, true});
      for (std::size_t k = 0; k < set.size; ++k) {
        first[k].constraint.variance_index = at++;
        observed.values.push_back(first[k].constraint.width * first[k].constraint.width);
      }
    }
    model->n_data_ = at;
  }

  void choose_poi() {
    const std::string& name = options.poi ? *options.poi : measurement->poi;
    if (name.empty()) return;
    const auto set = std::find_if(model->parameter_sets_.begin(), model->parameter_sets_.end(),
                                  [&](const ParameterSet& s) { return s.name == name; });
    if (set == model->parameter_sets_.end()) {
      if (options.poi) {
        std::vector<std::string> names;
        for (const ParameterSet& known : model->parameter_sets_) names.push_back(known.name);
        error(ErrorCode::reference, "poi", "no parameter is called " + quoted(name), hint_for_unknown(name, names));
      } else {
        notices.push_back("the parameter of interest " + quoted(name) +
                          " is declared by no sample: the model has none until a signal brings it");
      }
      return;
    }
    if (set->size != 1) {
      error(ErrorCode::model, "poi",
            quoted(name) + " has " + std::to_string(set->size) + " components; a parameter of interest has one");
      return;
    }
    model->poi_ = ParamId{set->first};
  }

  std::size_t next_use = 0;  ///< blocks are made in the order in which the uses were collected
  std::vector<std::uint32_t> shape_of_parameter{};

  /// Component of a per-bin set in a main bin.
  std::uint32_t component(const SetInfo& set, std::size_t bin, std::size_t local) const {
    if (set.type == ModifierType::shapefactor) return static_cast<std::uint32_t>(set.first + local);
    const auto at = std::lower_bound(set.bins.begin(), set.bins.end(), bin);
    return static_cast<std::uint32_t>(set.first + static_cast<std::size_t>(at - set.bins.begin()));
  }

  void add_blocks() {
    HistFactory& m = *model;
    const std::size_t n_parameters = m.parameters_.size();
    shape_of_parameter.assign(n_parameters, none);
    std::unordered_set<std::string_view> known;
    for (const auto* channel : channels) {
      for (const auto& sample : channel->samples) {
        if (known.insert(sample.name).second) m.sample_names.push_back(sample.name);
      }
    }
    std::sort(m.sample_names.begin(), m.sample_names.end());
    std::uint32_t first_bin = 0;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const auto n = static_cast<std::uint32_t>(n_bins_of(*channels[c]));
      ChannelInfo info{channels[c]->name, first_bin, n, {}};
      for (std::size_t s = 0; s < samples[c].size(); ++s) {
        info.samples.push_back(samples[c][s]->name);
        add_block(c, s, first_bin, n);
      }
      m.channel_of_bin.insert(m.channel_of_bin.end(), n, static_cast<std::uint32_t>(c));
      m.channels_.push_back(std::move(info));
      first_bin += n;
    }
  }

  void add_block(std::size_t c, std::size_t s, std::uint32_t first_bin, std::uint32_t n) {
    HistFactory& m = *model;
    const spec::Sample& sample = *samples[c][s];
    Block block;
    block.channel = static_cast<std::uint32_t>(c);
    block.sample = static_cast<std::uint32_t>(
        std::lower_bound(m.sample_names.begin(), m.sample_names.end(), sample.name) - m.sample_names.begin());
    block.first_bin = first_bin;
    block.n_bins = n;
    block.nominal = static_cast<std::uint32_t>(m.nominals.size());
    for (const spec::Number& number : sample.data) m.nominals.push_back(number.value);
    block.factors = static_cast<std::uint32_t>(m.factors.size());
    block.additives = static_cast<std::uint32_t>(m.additives.size());
    block.bin_factors = static_cast<std::uint32_t>(m.bin_factors.size());
    for (const spec::Modifier* modifier : modifiers[c][s]) {
      const SetInfo& set = sets[set_of_use[next_use++]];
      const auto parameter = static_cast<std::uint32_t>(set.first);
      switch (modifier->type) {
        case ModifierType::normfactor:
        case ModifierType::lumi: m.factors.push_back({parameter, 0, 0, FactorKind::linear, 0}); break;
        case ModifierType::normsys: add_normsys(c, s, *modifier, parameter); break;
        case ModifierType::histosys: add_histosys(sample, *modifier, parameter); break;
        default: {
          m.bin_factors.push_back({static_cast<std::uint32_t>(m.bin_parameters.size())});
          for (std::uint32_t b = 0; b < n; ++b) m.bin_parameters.push_back(component(set, first_bin + b, b));
        }
      }
    }
    block.n_factors = static_cast<std::uint32_t>(m.factors.size()) - block.factors;
    block.n_additives = static_cast<std::uint32_t>(m.additives.size()) - block.additives;
    block.n_bin_factors = static_cast<std::uint32_t>(m.bin_factors.size()) - block.bin_factors;
    m.blocks.push_back(block);
  }

  void add_normsys(std::size_t c, std::size_t s, const spec::Modifier& modifier, std::uint32_t parameter) {
    const auto& data = std::get<spec::NormSysData>(modifier.data);
    const double lo = data.lo.value, hi = data.hi.value;
    if (lo == 1.0 && hi == 1.0) return;  // no effect: the parameter keeps its constraint, the block is not touched
    const bool code1 = options.normsys == InterpolationCode::code1;
    if (lo < 0.0 || hi < 0.0 || (code1 && (lo == 0.0 || hi == 0.0))) {
      modifier_error(*channels[c], *samples[c][s], modifier,
                     fmt::format("factors lo = {:g}, hi = {:g} cannot be interpolated with {}", lo, hi,
                                 to_string(options.normsys)),
                     code1 ? "code1 needs positive factors; code4 also takes 0" : "code4 needs factors >= 0");
      return;
    }
    model->factors.push_back({parameter, 0, 0, code1 ? FactorKind::code1 : FactorKind::code4,
                              static_cast<std::uint32_t>(model->responses.size())});
    model->responses.push_back(math::multiplicative_response(lo, hi));
  }

  void add_histosys(const spec::Sample& sample, const spec::Modifier& modifier, std::uint32_t parameter) {
    HistFactory& m = *model;
    const auto& data = std::get<spec::HistoSysData>(modifier.data);
    const std::size_t n = sample.data.size();
    bool any = false, symmetric = true;
    for (std::size_t b = 0; b < n; ++b) {
      const double lo = data.lo[b].value, hi = data.hi[b].value, nominal = sample.data[b].value;
      any = any || lo != nominal || hi != nominal;
      symmetric = symmetric && hi - nominal == nominal - lo;
    }
    if (!any) return;
    if (shape_of_parameter[parameter] == none) {
      shape_of_parameter[parameter] = static_cast<std::uint32_t>(m.shape_parameters.size());
      m.shape_parameters.push_back(parameter);
      m.is_parabola.push_back(data.is_parabola);
    } else if ((m.is_parabola[shape_of_parameter[parameter]] != 0) != data.is_parabola) {
      error(ErrorCode::model, {}, quoted(modifier.name) + " is a parabola in one place and interpolated in another");
    }
    Additive a;
    a.parameter = parameter;
    a.shape = shape_of_parameter[parameter];
    a.linear = static_cast<std::uint32_t>(m.coefficients.size());
    for (std::size_t b = 0; b < n; ++b) m.coefficients.push_back(0.5 * (data.hi[b].value - data.lo[b].value));
    if (!symmetric) {
      a.symmetric = static_cast<std::uint32_t>(m.coefficients.size());
      for (std::size_t b = 0; b < n; ++b) {
        const double nominal = sample.data[b].value;
        m.coefficients.push_back(0.5 * ((data.hi[b].value - nominal) + (data.lo[b].value - nominal)));
      }
    }
    m.additives.push_back(a);
  }

  void finish() {
    HistFactory& m = *model;
    m.normsys_code = options.normsys;
    m.histosys_code = options.histosys;
    m.constraints_are_priors_ = options.constraints_are_priors.value_or(workspace.constraints_are_priors);
    m.clip_sample = options.clip_sample_data;
    m.clip_bin = options.clip_bin_data;
    m.bin_scale.assign(m.n_bins, 0.0);
    for (const Block& block : m.blocks) {
      for (std::uint32_t b = 0; b < block.n_bins; ++b)
        m.bin_scale[block.first_bin + b] += std::fabs(m.nominals[block.nominal + b]);
    }
    for (double& scale : m.bin_scale) scale = std::max(scale, min_bin_scale);
    std::vector<char> kinked(m.parameters_.size(), 0);
    if (m.histosys_code == InterpolationCode::code0) {
      for (const Additive& a : m.additives) {
        kinked[a.parameter] |= a.symmetric != Additive::no_symmetric && m.is_parabola[a.shape] == 0;
      }
    }
    if (m.normsys_code == InterpolationCode::code1) {
      for (const Factor& f : m.factors) kinked[f.parameter] |= f.kind == FactorKind::code1;
    }
    for (std::uint32_t i = 0; i < kinked.size(); ++i) {
      if (kinked[i]) m.kinks_.push_back(i);
    }
  }

  void check_codes() {
    if (options.normsys != InterpolationCode::code1 && options.normsys != InterpolationCode::code4) {
      error(ErrorCode::option, "interpcode",
            "normsys cannot be interpolated with " + std::string(to_string(options.normsys)), "choose code1 or code4");
    }
    if (options.histosys == InterpolationCode::code1 || options.histosys == InterpolationCode::code4) {
      error(ErrorCode::option, "interpcode",
            "histosys cannot be interpolated with " + std::string(to_string(options.histosys)),
            "choose code0, code2, code2-pyhf or code4p");
    }
  }

  Result<Compiled> run() {
    check_codes();
    if (!errors.empty() || !choose_measurement()) return errors;
    sort_spec();
    collect_sets();
    match_configs();
    if (!errors.empty()) return errors;
    check_errors_on_errors();
    if (sets.empty()) {
      error(ErrorCode::model, "#/channels", "the model has no parameter", "at least one sample needs a modifier");
      return errors;
    }
    add_parameters();
    if (errors.empty()) correlate();
    Data observed;
    add_data_blocks(observed);
    choose_poi();
    if (!errors.empty()) return errors;
    add_blocks();
    if (!errors.empty()) return errors;
    finish();
    arrange(*model);
    return Compiled{std::move(model), std::move(observed), std::move(notices)};
  }
};

Result<Compiled> compile(const spec::Workspace& workspace, const CompileOptions& options) {
  return HistFactoryCompiler{workspace, options}.run();
}

}  // namespace relume::model
