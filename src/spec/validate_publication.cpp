// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/spec/validate.hpp"
#include "spec/validate.hpp"

namespace relume::spec {
namespace {

/// How far V_ij and V_ji may be apart, relative to sqrt(V_ii V_jj): arithmetic in single precision leaves differences
/// of 1e-7, printing to four digits those of 1e-4. Tables that are printed so are made symmetric by their readers,
/// which know the number of digits; here a larger difference means that something was mistyped or transposed.
constexpr double largest_asymmetry = 1e-6;

/// How far a diagonal element of a correlation matrix may be from 1.
constexpr double largest_diagonal_error = 1e-6;

/// How far beyond 1 a correlation may be: regions that are fully correlated, of a covariance printed to three digits.
constexpr double largest_excess_correlation = 5e-3;

class Check {
 public:
  Check(Completeness completeness, Problems& problems) : completeness_(completeness), problems_(problems) {}

  void publication(const Publication& publication, const Place& root) const {
    std::visit([&](const auto& value) { this->value(value, root); }, publication.value);
  }

 private:
  // ---- single values. A reader leaves NaN, and an empty name, where it has reported a problem already.

  bool is_unread(double value) const { return completeness_ == Completeness::partial && std::isnan(value); }
  bool is_unread(const std::string& name) const { return completeness_ == Completeness::partial && name.empty(); }

  void report(const Place& place, std::string message, std::string hint = {}) const {
    problems_.add(ErrorCode::schema, place, std::move(message), std::move(hint));
  }

  /// Whether it can be looked at further.
  bool finite(double value, std::string_view what, const Place& place) const {
    if (std::isfinite(value)) return true;
    if (!is_unread(value)) report(place, fmt::format("{} is not a finite number: {}", what, value));
    return false;
  }

  void not_negative(double value, std::string_view what, const Place& place) const {
    if (finite(value, what, place) && value < 0.0) report(place, fmt::format("{} is negative: {}", what, value));
  }

  void positive(double value, std::string_view what, const Place& place, std::string hint = {}) const {
    if (finite(value, what, place) && value <= 0.0) {
      report(place, fmt::format("{} must be positive, not {}", what, value), std::move(hint));
    }
  }

  void not_empty(std::size_t size, std::string_view what, const Place& place) const {
    if (size == 0 && completeness_ == Completeness::complete) {
      report(place, fmt::format("there must be at least one {}", what));
    }
  }

  void named(const std::string& name, std::string_view what, const Place& place) const {
    if (name.empty() && completeness_ == Completeness::complete) report(place, fmt::format("{} needs a name", what));
  }

  /// Items have names, each its own; `what` with its article.
  template <class Items>
  void unique_names(const Items& items, std::string_view what, const Place& place) const {
    std::unordered_map<std::string_view, std::size_t> first_index;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Place here = place / i;
      named(items[i].name, what, here / "name");
      if (items[i].name.empty()) continue;
      const auto [first, is_new] = first_index.emplace(items[i].name, i);
      if (is_new) continue;
      problems_.add(ErrorCode::reference, here / "name",
                    fmt::format("there is already {} called '{}'", what, items[i].name),
                    fmt::format("the first one is number {}, counted from 0", first->second));
    }
  }

  void unit(const std::string& unit, const Place& place) const {
    if (is_unread(unit) || unit == "events") return;
    std::string known = "known are: events";
    for (const CrossSectionUnit& u : cross_section_units) {
      if (u.name == unit) return;
      known.append(", ").append(u.name);
    }
    report(place, fmt::format("unknown unit '{}'", unit), std::move(known));
  }

  // ---- matrices

  enum class MatrixKind { covariance, correlation };

  void matrix(const SquareMatrix& m, std::size_t size, std::string_view of_what, MatrixKind kind,
              const Place& place) const {
    if (m.empty() && completeness_ == Completeness::partial) return;
    if (m.size != size || m.values.size() != size * size) {
      report(place, fmt::format("the matrix has {} rows, but there are {} {}", m.size, size, of_what));
      return;
    }
    bool is_finite = true;
    for (std::size_t i = 0; i < size; ++i) {
      const Place row = place / i;
      for (std::size_t j = 0; j < size; ++j) is_finite = finite(m(i, j), "an entry", row / j) && is_finite;
    }
    if (!is_finite) return;
    bool is_diagonal_good = true;
    for (std::size_t i = 0; i < size; ++i) {
      const Place row = place / i;
      const double d = m(i, i);
      if (kind == MatrixKind::covariance ? d >= 0.0 : std::abs(d - 1.0) <= largest_diagonal_error) continue;
      is_diagonal_good = false;
      report(row / i, kind == MatrixKind::covariance ? fmt::format("a variance is negative: {}", d)
                                                     : fmt::format("a correlation with itself is {}, not 1", d));
    }
    if (!is_diagonal_good) return;
    symmetry(m, place);
    correlations_within_one(m, place);
  }

  static double scale(const SquareMatrix& m, std::size_t i, std::size_t j) { return std::sqrt(m(i, i) * m(j, j)); }

  /// The worst pair of entries stands for all: a transposed half gives thousands.
  void symmetry(const SquareMatrix& m, const Place& place) const {
    double largest = 0.0;
    std::size_t row = 0, column = 0, n_beyond = 0;
    for (std::size_t i = 0; i < m.size; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double difference = std::abs(m(i, j) - m(j, i));
        if (difference == 0.0) continue;
        const double relative = difference / scale(m, i, j);  // infinite where a variance is zero
        if (relative > largest_asymmetry) ++n_beyond;
        if (relative > largest) std::tie(largest, row, column) = std::tuple(relative, i, j);
      }
    }
    if (n_beyond == 0) return;
    const Place here = place / row;
    report(here / column,
           fmt::format("the matrix is not symmetric: [{0}][{1}] is {2}, but [{1}][{0}] is {3}; they differ by {4:g}, "
                       "{5:.2g} of the square root of the two diagonal elements{6}",
                       row, column, m(row, column), m(column, row), std::abs(m(row, column) - m(column, row)), largest,
                       n_beyond > 1 ? fmt::format(", and {} more pairs differ", n_beyond - 1) : ""),
           fmt::format("at most {:g} is taken for rounding; find out which one is right, or give both the mean",
                       largest_asymmetry));
  }

  void correlations_within_one(const SquareMatrix& m, const Place& place) const {
    double largest = 0.0;
    std::size_t row = 0, column = 0;
    for (std::size_t i = 0; i < m.size; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (m(i, j) == 0.0 && m(j, i) == 0.0) continue;
        const double correlation = std::abs(0.5 * (m(i, j) + m(j, i))) / scale(m, i, j);
        if (correlation > largest) std::tie(largest, row, column) = std::tuple(correlation, i, j);
      }
    }
    if (largest <= 1.0 + largest_excess_correlation) return;
    const Place here = place / row;
    report(here / column, fmt::format("the correlation of {} and {} is beyond 1: {:g}", row, column,
                                      std::copysign(largest, m(row, column))));
  }

  // ---- the kinds

  void value(const Workspace& workspace, const Place& root) const {
    const Place here = root / "workspace";
    validate(workspace, completeness_, here, problems_);
    std::unordered_set<std::string_view> constrained;
    for (const Channel& channel : workspace.channels) {
      for (const Sample& sample : channel.samples) {
        for (const Modifier& m : sample.modifiers) {
          const bool is_scalar =
              m.type == ModifierType::normsys || m.type == ModifierType::histosys || m.type == ModifierType::lumi;
          if (is_scalar) constrained.insert(m.name);
        }
      }
    }
    correlations(workspace.correlations, constrained, "constrained parameter", root / "correlations");
  }

  void value(const SimplifiedLikelihood& s, const Place& root) const {
    const Place regions = root / "regions";
    not_empty(s.regions.size(), "region", regions);
    unique_names(s.regions, "a region", regions);
    for (std::size_t i = 0; i < s.regions.size(); ++i) {
      const Place here = regions / i;
      not_negative(s.regions[i].observed, "an observed count", here / "observed");
      not_negative(s.regions[i].background, "an expected background", here / "background");
    }
    matrix(s.covariance, s.regions.size(), "regions", MatrixKind::covariance, root / "covariance");
    const Place moments = root / "third_moments";
    if (!s.third_moments.empty() && s.third_moments.size() != s.regions.size()) {
      report(moments,
             fmt::format("there are {} third moments for {} regions", s.third_moments.size(), s.regions.size()));
    }
    for (std::size_t i = 0; i < s.third_moments.size(); ++i) {
      if (s.third_moments[i]) finite(*s.third_moments[i], "a third moment", moments / i);
    }
  }

  void value(const CountingExperiments& c, const Place& root) const {
    const Place regions = root / "regions";
    not_empty(c.regions.size(), "region", regions);
    unique_names(c.regions, "a region", regions);
    for (std::size_t i = 0; i < c.regions.size(); ++i) {
      const CountingRegion& region = c.regions[i];
      const Place here = regions / i;
      not_negative(region.observed, "an observed count", here / "observed");
      not_negative(region.background, "an expected background", here / "background");
      not_negative(region.uncertainty, "the uncertainty of a background", here / "uncertainty");
      if (region.third_moment) finite(*region.third_moment, "a third moment", here / "third_moment");
      const Place limits = here / "limits";
      if (region.limits.observed) positive(*region.limits.observed, "an upper limit", limits / "observed");
      if (region.limits.expected) positive(*region.limits.expected, "an upper limit", limits / "expected");
      unit(region.limits.unit, limits / "unit");
    }
    if (c.luminosity) positive(*c.luminosity, "the luminosity", root / "luminosity");
  }

  void value(const UpperLimits& u, const Place& root) const {
    named(u.region, "the region", root / "region");
    named(u.poi, "the signal strength", root / "poi");
    positive(u.observed, "an upper limit", root / "observed");
    const Place expected = root / "expected";
    const bool is_unread_list = completeness_ == Completeness::partial && u.expected == decltype(u.expected){};
    if (!u.expected[2] && !is_unread_list) {
      report(expected / 2, "the median expected limit is missing",
             "five entries for -2, -1, 0, +1, +2 standard deviations; all but the middle one may be null");
    }
    const double* previous = nullptr;
    for (std::size_t i = 0; i < u.expected.size(); ++i) {
      if (!u.expected[i]) continue;
      const double& limit = *u.expected[i];
      positive(limit, "an upper limit", expected / i);
      if (previous != nullptr && limit < *previous) {
        report(expected / i, fmt::format("expected limits must ascend from -2 to +2 standard deviations: {} after {}",
                                         limit, *previous));
      }
      previous = &limit;
    }
    if (finite(u.level, "the confidence level", root / "level") && !(u.level > 0.0 && u.level < 1.0)) {
      report(root / "level", fmt::format("the confidence level must be between 0 and 1, not {}", u.level));
    }
    unit(u.unit, root / "unit");
    positive(u.predicted, "the prediction", root / "predicted");
  }

  void value(const Measurements& m, const Place& root) const {
    parameters(m.parameters, root / "parameters");
    definitions(m, root / "definitions");
    std::unordered_set<std::string_view> constrained;
    for (const ModelParameter& p : m.parameters) {
      if (p.constraint) constrained.insert(p.name);
    }
    correlations(m.correlations, constrained, "constrained parameter", root / "correlations");
    const Place measured_values = root / "measured";
    if (m.grids.empty()) not_empty(m.measured.size(), "measured value or grid", measured_values);
    for (std::size_t i = 0; i < m.measured.size(); ++i) measured(m.measured[i], measured_values / i);
    const Place grids = root / "grids";
    unique_names(m.grids, "a grid", grids);
    for (std::size_t i = 0; i < m.grids.size(); ++i) grid(m.grids[i], grids / i);
  }

  void parameters(const std::vector<ModelParameter>& parameters, const Place& place) const {
    unique_names(parameters, "a parameter", place);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const ModelParameter& p = parameters[i];
      const Place here = place / i;
      const bool is_finite = finite(p.initial, "the initial value", here / "initial");
      const bool has_lower = p.lower && finite(*p.lower, "a bound", here / "lower");
      const bool has_upper = p.upper && finite(*p.upper, "a bound", here / "upper");
      if (has_lower && has_upper && *p.lower > *p.upper) {
        report(here / "lower", fmt::format("the lower bound, {}, is above the upper one, {}", *p.lower, *p.upper));
      } else if (is_finite && ((has_lower && p.initial < *p.lower) || (has_upper && p.initial > *p.upper))) {
        report(here / "initial", fmt::format("the initial value, {}, is outside of the bounds", p.initial));
      }
      if (!p.constraint) continue;
      const Place constraint = here / "constraint";
      finite(p.constraint->first, "the mean", constraint / "mean");
      positive(p.constraint->second, "the standard deviation", constraint / "sigma");
    }
  }

  void definitions(const Measurements& m, const Place& place) const {
    unique_names(m.definitions, "a definition", place);
    for (std::size_t i = 0; i < m.definitions.size(); ++i) {
      const Definition& definition = m.definitions[i];
      const Place here = place / i;
      const bool is_parameter = std::any_of(m.parameters.begin(), m.parameters.end(), [&](const ModelParameter& p) {
        return !p.name.empty() && p.name == definition.name;
      });
      if (is_parameter) {
        problems_.add(ErrorCode::reference, here / "name",
                      fmt::format("there is already a parameter called '{}'", definition.name));
      }
      if (definition.expression.empty() && completeness_ == Completeness::complete) {
        report(here / "expression", "there must be an expression");
      }
    }
  }

  void measured(const MeasuredValues& together, const Place& place) const {
    const Place values = place / "values";
    not_empty(together.values.size(), "measured value", values);
    unique_names(together.values, "a measured value", values);
    for (std::size_t i = 0; i < together.values.size(); ++i) {
      const MeasuredValue& v = together.values[i];
      const Place here = values / i;
      finite(v.value, "a measured value", here / "value");
      const char* hint = "errors are distances from the value, both without a sign";
      positive(v.lower_error, "the lower error", here / "lower_error", hint);
      positive(v.upper_error, "the upper error", here / "upper_error", hint);
      finite(v.signal, "the signal", here / "signal");
    }
    if (!together.correlation.empty() || together.correlation.size > 0) {
      matrix(together.correlation, together.values.size(), "measured values", MatrixKind::correlation,
             place / "correlation");
    }
  }

  void grid(const LikelihoodGrid& grid, const Place& place) const {
    const Place axes = place / "axes";
    not_empty(grid.axes.size(), "axis", axes);
    unique_names(grid.axes, "an axis", axes);
    bool is_complete = !grid.axes.empty();
    std::size_t n_values = 1;
    for (std::size_t a = 0; a < grid.axes.size(); ++a) {
      const std::vector<double>& x = grid.axes[a].points;
      const Place here = axes / a;
      const Place points = here / "points";
      ascending(x, points);
      is_complete = is_complete && x.size() >= 2;
      // Stops before it overflows: no list is that long.
      if (!x.empty() && n_values <= grid.values.size()) n_values *= x.size();
    }
    const Place values = place / "values";
    if (is_complete && !(completeness_ == Completeness::partial && grid.values.empty()) &&
        grid.values.size() != n_values) {
      report(values, fmt::format("there are {} values, but the axes span {}{} points", grid.values.size(),
                                 n_values > grid.values.size() ? "at least " : "", n_values));
    }
    for (std::size_t i = 0; i < grid.values.size(); ++i) finite(grid.values[i], "a value", values / i);
  }

  void ascending(const std::vector<double>& points, const Place& place) const {
    if (points.empty() && completeness_ == Completeness::partial) return;
    if (points.size() < 2) report(place, fmt::format("an axis needs at least two points, not {}", points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!finite(points[i], "a point", place / i) || i == 0 || !std::isfinite(points[i - 1])) continue;
      if (points[i] > points[i - 1]) continue;
      report(place / i, fmt::format("points must ascend: {} after {}", points[i], points[i - 1]));
    }
  }

  /// Of constraints of parameters; `known` are those that may be meant.
  void correlations(const std::vector<Correlation>& correlations, const std::unordered_set<std::string_view>& known,
                    std::string_view what, const Place& place) const {
    std::unordered_set<std::string_view> seen;
    for (std::size_t c = 0; c < correlations.size(); ++c) {
      const Correlation& correlation = correlations[c];
      const Place here = place / c;
      const Place names = here / "parameters";
      correlation_block(correlation, here, names, seen);
      for (std::size_t i = 0; i < correlation.parameters.size(); ++i) {
        const std::string& name = correlation.parameters[i];
        if (is_unread(name) || known.contains(name)) continue;
        if (completeness_ == Completeness::partial) continue;  // what defines it may be what could not be read
        const std::vector<std::string> candidates(known.begin(), known.end());
        problems_.add(ErrorCode::reference, names / i, fmt::format("there is no {} called '{}'", what, name),
                      hint_for_unknown(name, candidates));
      }
    }
  }

  void correlation_block(const Correlation& correlation, const Place& here, const Place& names,
                         std::unordered_set<std::string_view>& seen) const {
    if (correlation.parameters.size() < 2 && completeness_ == Completeness::complete) {
      report(names, "a correlation needs at least two parameters");
    }
    for (std::size_t i = 0; i < correlation.parameters.size(); ++i) {
      const std::string& name = correlation.parameters[i];
      if (is_unread(name) || seen.insert(name).second) continue;
      problems_.add(ErrorCode::reference, names / i,
                    fmt::format("parameter '{}' is already in a correlation matrix", name),
                    "one matrix holds all correlations of a parameter");
    }
    matrix(correlation.matrix, correlation.parameters.size(), "parameters", MatrixKind::correlation, here / "matrix");
  }

  // ---- products

  void value(const Product& product, const Place& root) const {
    const Place components = root / "components";
    not_empty(product.components.size(), "component", components);
    unique_names(product.components, "a component", components);
    for (std::size_t i = 0; i < product.components.size(); ++i) {
      const Component& component = product.components[i];
      const Place here = components / i;
      if (component.name.find('/') != std::string::npos) {
        report(here / "name", fmt::format("'{}' contains a slash", component.name),
               "a slash separates component and parameter: \"component/parameter\"");
      }
      publication(component.publication, here / "likelihood");
    }
    const Place shared = root / "shared";
    unique_names(product.shared, "a shared parameter", shared);
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (std::size_t i = 0; i < product.shared.size(); ++i) {
      shared_parameter(product, product.shared[i], shared / i, seen);
    }
    if (!product.poi.empty()) product_parameter(product, product.poi, root / "poi");
    std::unordered_set<std::string_view> correlated;
    const Place blocks = root / "correlations";
    for (std::size_t c = 0; c < product.correlations.size(); ++c) {
      const Place here = blocks / c;
      const Place names = here / "parameters";
      const Correlation& correlation = product.correlations[c];
      correlation_block(correlation, here, names, correlated);
      for (std::size_t i = 0; i < correlation.parameters.size(); ++i) {
        if (!is_unread(correlation.parameters[i])) product_parameter(product, correlation.parameters[i], names / i);
      }
    }
  }

  void shared_parameter(const Product& product, const Product::Shared& shared, const Place& place,
                        std::set<std::pair<std::string_view, std::string_view>>& seen) const {
    const Place members = place / "members";
    not_empty(shared.members.size(), "member", members);
    for (std::size_t i = 0; i < shared.members.size(); ++i) {
      const auto& [component, parameter] = shared.members[i];
      const Place here = members / i;
      named(parameter, "a parameter of a component", here / "parameter");
      if (is_unread(component) || parameter.empty()) continue;
      component_parameter(product, component, parameter, here);
      if (seen.emplace(component, parameter).second) continue;
      problems_.add(ErrorCode::reference, here,
                    fmt::format("parameter '{}' of component '{}' is already shared", parameter, component));
    }
  }

  /// A name of the product: a shared parameter or "component/parameter".
  void product_parameter(const Product& product, const std::string& name, const Place& place) const {
    const auto is_called = [&](const auto& item) { return item.name == name; };
    if (std::any_of(product.shared.begin(), product.shared.end(), is_called)) return;
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) {
      if (completeness_ == Completeness::partial) return;
      std::vector<std::string> candidates;
      for (const Product::Shared& shared : product.shared) candidates.push_back(shared.name);
      std::string hint = hint_for_unknown(name, candidates);
      if (hint.empty()) hint = "a parameter of one component is called \"component/parameter\"";
      problems_.add(ErrorCode::reference, place, fmt::format("there is no shared parameter called '{}'", name),
                    std::move(hint));
      return;
    }
    const std::string component = name.substr(0, slash), parameter = name.substr(slash + 1);
    component_parameter(product, component, parameter, place);
    for (const Product::Shared& shared : product.shared) {
      for (const auto& [c, p] : shared.members) {
        if (c != component || p != parameter) continue;
        problems_.add(ErrorCode::reference, place,
                      fmt::format("parameter '{}' of component '{}' is shared", parameter, component),
                      fmt::format("it is called '{}' here", shared.name));
      }
    }
  }

  void component_parameter(const Product& product, const std::string& component, const std::string& parameter,
                           const Place& place) const {
    if (completeness_ == Completeness::partial) return;
    const auto found = std::find_if(product.components.begin(), product.components.end(),
                                    [&](const Component& c) { return c.name == component; });
    if (found == product.components.end()) {
      std::vector<std::string> candidates;
      for (const Component& c : product.components) candidates.push_back(c.name);
      problems_.add(ErrorCode::reference, place, fmt::format("there is no component called '{}'", component),
                    hint_for_unknown(component, candidates));
      return;
    }
    const std::optional<std::vector<std::string>> names = parameters_of(found->publication);
    if (!names || std::find(names->begin(), names->end(), parameter) != names->end()) return;
    problems_.add(ErrorCode::reference, place,
                  fmt::format("component '{}' has no parameter called '{}'", component, parameter),
                  hint_for_unknown(parameter, *names));
  }

  /// Nothing where a signal may still bring parameters: those are looked up when the model is built.
  static std::optional<std::vector<std::string>> parameters_of(const Publication& publication) {
    if (const auto* limits = std::get_if<UpperLimits>(&publication.value)) return std::vector{limits->poi};
    const auto* m = std::get_if<Measurements>(&publication.value);
    if (m == nullptr) return std::nullopt;
    std::vector<std::string> names;
    for (const ModelParameter& p : m->parameters) names.push_back(p.name);
    if (!m->poi.empty()) names.push_back(m->poi);
    // A value or axis without a prediction is a parameter of its own name.
    for (const MeasuredValues& together : m->measured) {
      for (const MeasuredValue& v : together.values) {
        if (v.prediction.empty()) names.push_back(v.name);
      }
    }
    for (const LikelihoodGrid& grid : m->grids) {
      for (const LikelihoodGrid::Axis& axis : grid.axes) {
        if (axis.prediction.empty()) names.push_back(axis.name);
      }
    }
    return names;
  }

  Completeness completeness_;
  Problems& problems_;
};

}  // namespace

void validate(const Publication& publication, Completeness completeness, const Place& root, Problems& problems) {
  Check(completeness, problems).publication(publication, root);
}

Errors validate(const Publication& publication, std::string_view source_name) {
  Problems problems(source_name);
  validate(publication, Completeness::complete, Place(), problems);
  return problems.take();
}

}  // namespace relume::spec
