// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A HistFactory workspace exactly as published (pyhf workspace schema 1.0.0): plain values, no behaviour.
//
//   spec::Workspace ws = formats::read_workspace(bytes, "BkgOnly.json").value();
//   for (const spec::Channel& channel : ws.channels) use(channel.name, channel.samples.size());
//
// Thread-safety: values. Cost: 16 bytes per number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relume/spec/matrix.hpp"

namespace relume::spec {

/// A number and how the file spelled it: 5 and 5.0 are equal, but their digests differ.
struct Number {
  double value = 0.0;
  bool is_integer = false;  ///< written without fraction or exponent

  Number() = default;
  Number(double v) : value(v) {}
  Number(double v, bool integer) : value(v), is_integer(integer) {}
  bool operator==(const Number& other) const { return value == other.value; }
};

using Numbers = std::vector<Number>;

/// The seven modifier types, in the order in which pyhf groups their parameters.
enum class ModifierType { histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror };
inline constexpr std::size_t n_modifier_types = 7;
std::string_view to_string(ModifierType type);
std::optional<ModifierType> modifier_type_from_string(std::string_view name);

/// normsys: factors at -1 and +1 sigma.
struct NormSysData {
  Number lo, hi;
  bool operator==(const NormSysData&) const = default;
};
/// histosys: absolute histograms at -1 and +1 sigma, one number per bin.
struct HistoSysData {
  Numbers lo, hi;
  /// Ours, not the schema's: the yield is the parabola through lo, nominal and hi everywhere, whatever interpolation
  /// code the others have (docs/concepts/simplified_likelihoods.md).
  bool is_parabola = false;
  bool operator==(const HistoSysData&) const = default;
};

struct Modifier {
  std::string name;
  ModifierType type = ModifierType::normfactor;
  /// Nothing for normfactor, lumi, shapefactor; absolute uncertainties per bin for shapesys, staterror.
  std::variant<std::monostate, NormSysData, HistoSysData, Numbers> data = {};
  bool operator==(const Modifier&) const = default;
};

struct Sample {
  std::string name;
  Numbers data = {};  ///< nominal yields, one per bin
  std::vector<Modifier> modifiers = {};
  bool operator==(const Sample&) const = default;
};

struct Channel {
  std::string name;
  std::vector<Sample> samples = {};
  bool operator==(const Channel&) const = default;
};

/// Observed counts of the channel of the same name.
struct Observation {
  std::string name;
  Numbers data = {};
  bool operator==(const Observation&) const = default;
};

/// What a measurement overrides for one parameter set; lists hold one entry per component.
struct ParameterConfig {
  struct Bounds {
    Number lower, upper;
    bool operator==(const Bounds&) const = default;
  };
  std::string name;
  std::optional<Numbers> inits = {};
  std::optional<std::vector<Bounds>> bounds = {};
  std::optional<Numbers> auxdata = {};
  std::optional<Numbers> factors = {};
  std::optional<Numbers> sigmas = {};
  std::optional<bool> fixed = {};
  std::optional<Number> error_on_error = {};  ///< ours, not the schema's: docs/concepts/errors_on_errors.md
  bool operator==(const ParameterConfig&) const = default;
};

struct Measurement {
  std::string name;
  std::string poi = {};  ///< may be empty: no parameter of interest
  std::vector<ParameterConfig> parameters = {};
  bool operator==(const Measurement&) const = default;
};

/// Ours, not the schema's: the normal constraints of these parameters are those of one multivariate normal.
struct Correlation {
  std::vector<std::string> parameters = {};  ///< names of scalar parameter sets, at least two
  SquareMatrix matrix = {};                  ///< correlations: 1 on the diagonal, positive definite
  bool operator==(const Correlation&) const = default;
};

struct Workspace {
  std::vector<Channel> channels = {};
  std::vector<Observation> observations = {};  ///< may name channels that do not exist; those are ignored
  std::vector<Measurement> measurements = {};
  std::vector<Correlation> correlations = {};  ///< none in what pyhf wrote; a parameter is in one of them at most
  /// Ours: constraints are priors, not auxiliary measurements (model::Likelihood::constraints_are_priors).
  bool constraints_are_priors = false;
  std::string version = "1.0.0";
  bool operator==(const Workspace&) const = default;
};

/// Whether pyhf's schema has words for all of it: no correlations, parabolas or priors.
bool is_within_schema(const Workspace& workspace);

}  // namespace relume::spec
