// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What experiments publish besides full likelihoods, exactly as published: yields with a covariance, counts per signal
// region, upper limits, measured values with their errors, tabulated likelihoods, and products of all of these.
//
//   spec::SimplifiedLikelihood s{.regions = {{"SR1", 36, 50.0}, {"SR2", 33, 48.0}}, .covariance = {2, {…}}};
//   spec::Publication publication{s};
//
// Thread-safety: values.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "relume/spec/json.hpp"
#include "relume/spec/matrix.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::spec {

/// Yields of one signal region.
struct Region {
  std::string name;
  double observed = 0.0;    ///< events, not negative
  double background = 0.0;  ///< expected events without signal, before any fit
  bool operator==(const Region&) const = default;
};

/// Backgrounds with their covariance, and third moments where they are published (CMS-NOTE-2017-001, arXiv:1809.05548).
struct SimplifiedLikelihood {
  std::string name = {};
  std::vector<Region> regions = {};
  SquareMatrix covariance = {};  ///< of the backgrounds, events^2, in the order of the regions
  /// Central third moments of the backgrounds, events^3, one per region; nothing: that region is linear. An empty list:
  /// all are.
  std::vector<std::optional<double>> third_moments = {};
  Json metadata = {};  ///< free: an object or null
  bool operator==(const SimplifiedLikelihood& other) const {
    return name == other.name && regions == other.regions && covariance == other.covariance &&
           third_moments == other.third_moments && equal(metadata, other.metadata);
  }
};

/// Upper limits on the visible cross section of a region, as published beside its counts.
struct PublishedLimits {
  std::optional<double> observed = {}, expected = {};
  std::string unit = "fb";  ///< "events" or one of cross_section_units
  bool operator==(const PublishedLimits&) const = default;
};

struct CountingRegion {
  std::string name;
  double observed = 0.0;
  double background = 0.0;
  double uncertainty = 0.0;  ///< standard deviation of the background, events
  std::optional<double> third_moment = {};
  PublishedLimits limits = {};
  bool operator==(const CountingRegion&) const = default;
};

/// Signal regions whose correlations are not known: one of them is used at a time, the one that is expected to be most
/// sensitive.
struct CountingExperiments {
  std::string name = {};
  std::vector<CountingRegion> regions = {};
  std::optional<double> luminosity = {};  ///< 1/fb
  Json metadata = {};
  bool operator==(const CountingExperiments& other) const {
    return name == other.name && regions == other.regions && luminosity == other.luminosity &&
           equal(metadata, other.metadata);
  }
};

/// Observed and expected upper limits on one rate.
struct UpperLimits {
  std::string name = {};
  std::string region = "limit";  ///< that a signal file addresses; its yield is what the limits are on
  double observed = 0.0;
  /// For -2, -1, 0, +1, +2 standard deviations; the median is needed, the others are used where they are there.
  std::array<std::optional<double>, 5> expected = {};
  double level = 0.95;
  std::string unit = "fb";  ///< of the limits and of `predicted`: "events" or one of cross_section_units
  double predicted = 1.0;   ///< of the signal at strength 1, in the same unit
  std::string poi = "mu";
  Json metadata = {};
  bool operator==(const UpperLimits& other) const {
    return name == other.name && region == other.region && observed == other.observed && expected == other.expected &&
           level == other.level && unit == other.unit && predicted == other.predicted && poi == other.poi &&
           equal(metadata, other.metadata);
  }
};

/// How the likelihood of a measured value falls off with the distance r of the prediction from it, given its lower and
/// upper errors (docs/concepts/measurements.md).
enum class ErrorModel {
  gaussian,             ///< one width: the mean of the two errors
  split_normal,         ///< the lower error below the measured value, the upper one above
  variable_gaussian_1,  ///< the width is linear in r (Barlow, physics/0406120, eq. 15)
  variable_gaussian_2,  ///< the variance is linear in r (the same, eq. 18)
  generalised_poisson,  ///< Barlow, physics/0406120, section 3.3
};
std::string_view to_string(ErrorModel model);
std::optional<ErrorModel> error_model_from_string(std::string_view name);

struct MeasuredValue {
  std::string name;
  double value = 0.0;
  double lower_error = 0.0, upper_error = 0.0;  ///< both positive
  /// An expression in parameters and definitions; empty: a parameter of the value's name.
  std::string prediction = {};
  double signal = 0.0;  ///< what a signal of strength 1 adds to the prediction
  bool operator==(const MeasuredValue&) const = default;
};

/// Values measured together.
struct MeasuredValues {
  ErrorModel model = ErrorModel::gaussian;
  std::vector<MeasuredValue> values = {};
  SquareMatrix correlation = {};  ///< empty: none
  bool operator==(const MeasuredValues&) const = default;
};

/// A likelihood tabulated on a rectangular grid.
struct LikelihoodGrid {
  enum class Quantity { minus_two_log_likelihood, minus_log_likelihood };
  enum class Interpolation { linear, cubic };
  struct Axis {
    std::string name;
    std::string prediction = {};      ///< as MeasuredValue::prediction
    std::vector<double> points = {};  ///< ascending, at least two
    bool operator==(const Axis&) const = default;
  };
  std::string name = {};
  std::vector<Axis> axes = {};
  std::vector<double> values = {};  ///< the last axis runs fastest
  Quantity quantity = Quantity::minus_two_log_likelihood;
  Interpolation interpolation = Interpolation::cubic;
  bool operator==(const LikelihoodGrid&) const = default;
};

/// A parameter of predictions.
struct ModelParameter {
  std::string name;
  double initial = 1.0;
  std::optional<double> lower = {}, upper = {};
  bool is_fixed = false;
  /// Constrained by a normal with this mean and standard deviation.
  std::optional<std::pair<double, double>> constraint = {};
  bool operator==(const ModelParameter&) const = default;
};

/// A named expression that others may use.
struct Definition {
  std::string name, expression;
  bool operator==(const Definition&) const = default;
};

/// Measured values and tabulated likelihoods over common parameters.
struct Measurements {
  std::string name = {};
  std::string poi = {};  ///< may be empty
  std::vector<ModelParameter> parameters = {};
  std::vector<Definition> definitions = {};    ///< each may use parameters and those before it
  std::vector<Correlation> correlations = {};  ///< of the constraints of parameters
  std::vector<MeasuredValues> measured = {};
  std::vector<LikelihoodGrid> grids = {};
  Json metadata = {};
  bool operator==(const Measurements& other) const {
    return name == other.name && poi == other.poi && parameters == other.parameters &&
           definitions == other.definitions && correlations == other.correlations && measured == other.measured &&
           grids == other.grids && equal(metadata, other.metadata);
  }
};

struct Component;

/// Independent results about common parameters. Parameters of components are called "component/parameter" unless they
/// are shared.
struct Product {
  /// One parameter of the product, and what it is called in components.
  struct Shared {
    std::string name;
    std::vector<std::pair<std::string, std::string>> members = {};  ///< component, parameter
    bool operator==(const Shared&) const = default;
  };
  std::string name = {};
  std::string poi = {};  ///< of the product: a shared parameter, or "component/parameter"
  std::vector<Component> components;
  std::vector<Shared> shared = {};
  std::vector<Correlation> correlations = {};  ///< of constraints, by names of the product
  Json metadata = {};
  bool operator==(const Product& other) const;
};

/// Any of them.
struct Publication {
  std::variant<Workspace, SimplifiedLikelihood, CountingExperiments, UpperLimits, Measurements, Product> value;
  bool operator==(const Publication&) const = default;
};

struct Component {
  std::string name;
  Publication publication;
  bool operator==(const Component&) const = default;
};

/// "pyhf workspace", "simplified likelihood", …: for messages.
std::string_view kind_of(const Publication& publication);

}  // namespace relume::spec
