// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "model/measurements_model.hpp"
#include "relume/model/constraint_terms.hpp"
#include "relume/model/measurements.hpp"

namespace relume::model {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Of all columns that any of the predictions has, and each prediction's places in them.
std::vector<std::uint32_t> columns_of(const math::ExpressionTape& tape,
                                      std::span<const math::ExpressionTape::Node> predictions) {
  std::vector<std::uint32_t> columns;
  for (const auto node : predictions) {
    const auto variables = tape.variables(node);
    columns.insert(columns.end(), variables.begin(), variables.end());
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

void add_places(const math::ExpressionTape& tape, math::ExpressionTape::Node prediction,
                std::span<const std::uint32_t> columns, std::vector<std::uint32_t>& places) {
  for (const std::uint32_t variable : tape.variables(prediction)) {
    places.push_back(
        static_cast<std::uint32_t>(std::lower_bound(columns.begin(), columns.end(), variable) - columns.begin()));
  }
}

}  // namespace

void MeasurementsLikelihood::arrange(std::span<const double> constraint_means, Data& observed) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameter_sets_.push_back({parameters_[i].name, i, 1, true});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    data_blocks_.push_back({values[i].name, BlockKind::reals, i, 1, false});
    channels_.push_back({values[i].name, i, 1, {}});
  }
  std::size_t at = values.size();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].constraint.kind == ConstraintKind::none) continue;
    data_blocks_.push_back({parameters_[i].name, BlockKind::reals, at, 1, true});
    parameters_[i].constraint.data_index = at++;
    observed.values.push_back(constraint_means[i]);
  }
  n_data_ = at;
  lay_out();
}

void MeasurementsLikelihood::lay_out() {
  math::CurvatureLayout& l = layout_;
  l.n_parameters = parameters_.size();
  l.n_rows = values.size();
  l.private_of_parameter.assign(parameters_.size(), -1);
  for (auto* offsets : {&l.row_privates, &l.row_couplings, &l.row_pairs}) offsets->assign(l.n_rows + 1, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto variables = tape.variables(values[i].prediction);
    l.groups.push_back({i, 1, {variables.begin(), variables.end()}, l.jacobian_size});
    l.jacobian_size += variables.size();
  }
  add_dense_blocks(correlated_constraints_, l);
  const auto add_block = [&](std::vector<std::uint32_t> columns) {
    const std::size_t n = columns.size();
    l.dense_blocks.push_back({std::move(columns), l.dense_size});
    l.dense_size += n * n;
    return static_cast<std::uint32_t>(l.dense_blocks.size() - 1);
  };
  for (Group& group : groups) {
    std::vector<math::ExpressionTape::Node> predictions;
    bool is_linear = true, is_gaussian = true;
    group.acceptance = 1.0;
    for (std::size_t i = group.first; i < group.first + group.size; ++i) {
      const Value& value = values[i];
      predictions.push_back(value.prediction);
      is_linear = is_linear && tape.is_linear(value.prediction) && value.curve == none;
      is_gaussian = is_gaussian && value.error.is_symmetric();
      if (group.size > 1) group.acceptance *= value.error.width() / std::max(value.error.lower(), value.error.upper());
    }
    const std::vector<std::uint32_t> columns = columns_of(tape, predictions);
    for (const auto node : predictions) add_places(tape, node, columns, group.places);
    if (columns.empty()) continue;
    if (group.size > 1) {
      group.is_constant = is_linear && is_gaussian;
      group.block = add_block(columns);
      continue;
    }
    // Curvatures of one value's term may be negative where its width grows with the distance itself (VG 1).
    Value& value = values[group.first];
    const bool may_be_negative =
        value.error.model() == spec::ErrorModel::variable_gaussian_1 && value.error.is_curved();
    if (!is_linear || may_be_negative) value.block = add_block(columns);
  }
  for (Table& table : tables) {
    std::vector<math::ExpressionTape::Node> predictions;
    for (const Table::Axis& axis : table.axes) predictions.push_back(axis.prediction);
    const std::vector<std::uint32_t> columns = columns_of(tape, predictions);
    for (Table::Axis& axis : table.axes) add_places(tape, axis.prediction, columns, axis.places);
    if (!columns.empty()) table.block = add_block(columns);
  }
}

struct MeasurementsCompiler {
  const spec::Measurements& spec;
  const MeasurementsOptions& options;
  Errors errors{};
  std::vector<std::string> notices{};
  std::vector<Parameter> parameters{};
  std::vector<double> means{};
  std::unordered_map<std::string, std::uint32_t> index_of{};
  std::string poi{};

  void error(ErrorCode code, std::string where, std::string message, std::string hint = {}) {
    errors.push_back({code, std::move(where), std::move(message), std::move(hint)});
  }

  bool is_definition(const std::string& name) const {
    return std::any_of(spec.definitions.begin(), spec.definitions.end(), [&](const auto& d) { return d.name == name; });
  }

  std::uint32_t add(Parameter parameter, double mean) {
    const auto [place, is_new] = index_of.emplace(parameter.name, static_cast<std::uint32_t>(parameters.size()));
    if (is_new) {
      parameters.push_back(std::move(parameter));
      means.push_back(mean);
    }
    return place->second;
  }

  void collect_parameters() {
    for (const spec::ModelParameter& p : spec.parameters) {
      Parameter parameter{p.name, p.initial, p.lower.value_or(-infinity), p.upper.value_or(infinity), p.is_fixed, {}};
      if (p.constraint) {
        parameter.constraint.kind = ConstraintKind::normal;
        parameter.constraint.width = p.constraint->second;
      }
      add(std::move(parameter), p.constraint ? p.constraint->first : 0.0);
    }
    const auto add_implied = [&](const std::string& name, double initial) {
      if (!is_definition(name)) add({name, initial, -infinity, infinity, false, {}}, 0.0);
    };
    for (const spec::MeasuredValues& together : spec.measured) {
      for (const spec::MeasuredValue& value : together.values) {
        if (value.prediction.empty()) add_implied(value.name, value.value);
      }
    }
    for (const spec::LikelihoodGrid& grid : spec.grids) {
      const std::size_t least =
          static_cast<std::size_t>(std::min_element(grid.values.begin(), grid.values.end()) - grid.values.begin());
      std::size_t stride = grid.values.size();
      for (const spec::LikelihoodGrid::Axis& axis : grid.axes) {
        stride /= axis.points.size();
        if (axis.prediction.empty()) add_implied(axis.name, axis.points[least / stride % axis.points.size()]);
      }
    }
    poi = options.poi.value_or(spec.poi);
    if (poi.empty()) return;
    if (is_definition(poi)) {
      error(ErrorCode::model, "#/poi", fmt::format("the parameter of interest '{}' is a definition", poi),
            "it must be a parameter");
    } else if (options.poi && !index_of.contains(poi)) {
      std::vector<std::string> known;
      for (const Parameter& p : parameters) known.push_back(p.name);
      error(ErrorCode::option, {}, fmt::format("no parameter is called '{}'", poi), hint_for_unknown(poi, known));
    } else {
      add({poi, 1.0, -infinity, infinity, false, {}}, 0.0);
    }
  }

  void correlate_constraints(MeasurementsLikelihood& model) {
    for (std::size_t c = 0; c < spec.correlations.size(); ++c) {
      const std::string where = fmt::format("#/correlations/{}", c);
      const auto ordered = in_order(spec.correlations[c], where, [&](const std::string& name) -> Result<std::uint32_t> {
        const auto found = index_of.find(name);
        if (found != index_of.end() && parameters[found->second].constraint.kind == ConstraintKind::normal) {
          return found->second;
        }
        return Error{ErrorCode::model,
                     where,
                     fmt::format("'{}' has no constraint of its own that could be correlated", name),
                     {}};
      });
      if (!ordered) {
        errors.insert(errors.end(), ordered.errors().begin(), ordered.errors().end());
        continue;
      }
      auto block = correlated_constraint(ordered->parameters, ordered->correlation);
      if (!block) {
        error(block.error().code, where + "/matrix", block.error().message, block.error().hint);
        continue;
      }
      for (const std::uint32_t parameter : block->parameters) {
        model.own_parameters()[parameter].constraint.kind = ConstraintKind::correlated_normal;
      }
      model.own_correlations().push_back(std::move(*block));
    }
  }

  math::ExpressionTape::Node prediction(math::ExpressionTape& tape, const std::string& text, const std::string& name,
                                        const std::string& where) {
    if (text.empty()) {
      const auto defined = tape.definition(name);
      return defined ? *defined : tape.variable(index_of.at(name));
    }
    const auto node = tape.compile(text, where);
    if (node) return *node;
    errors.insert(errors.end(), node.errors().begin(), node.errors().end());
    return 0;
  }

  void add_values(MeasurementsLikelihood& model, std::vector<double>& data) {
    std::unordered_map<std::string, std::string> places;
    std::vector<std::string> kinked;
    for (std::size_t g = 0; g < spec.measured.size(); ++g) {
      const spec::MeasuredValues& together = spec.measured[g];
      const std::string group_place = fmt::format("#/measured/{}", g);
      const std::size_t first = model.values.size(), n = together.values.size();
      bool is_split = false;
      for (std::size_t i = 0; i < n; ++i) {
        const spec::MeasuredValue& value = together.values[i];
        const std::string where = fmt::format("{}/values/{}", group_place, i);
        if (const auto [place, is_new] = places.emplace(value.name, where); !is_new) {
          error(ErrorCode::reference, where, fmt::format("there is already a measured value '{}'", value.name),
                "the first one is " + place->second + "; names may differ while predictions are the same");
        }
        auto node = prediction(model.tape, value.prediction, value.name, where + "/prediction");
        if (value.signal != 0.0) {
          if (poi.empty()) {
            error(ErrorCode::model, where + "/signal", "there is a signal, but no parameter of interest that scales it",
                  "name one as 'poi'");
          } else if (const auto strength = index_of.find(poi); strength != index_of.end()) {
            node = model.tape.sum(
                node, model.tape.product(model.tape.constant(value.signal), model.tape.variable(strength->second)));
          }  // else there is an error already
        }
        const AsymmetricError e(together.model, value.lower_error, value.upper_error);
        if (!e.is_possible()) {
          error(ErrorCode::model, where,
                fmt::format("no {} has the errors -{:g} and +{:g}", to_string(together.model), value.lower_error,
                            value.upper_error),
                "their ratio, or one of them, is too large or too small for this form");
        }
        is_split = is_split || (together.model == spec::ErrorModel::split_normal && !e.is_symmetric());
        model.values.push_back({value.name, node, MeasurementsLikelihood::none, e, MeasurementsLikelihood::none});
        data.push_back(value.value);
      }
      add_groups(model, together, first, group_place);
      if (is_split && !model.groups.empty() && !model.groups.back().precision.empty())
        kinked.push_back(together.values.front().name);
    }
    if (!kinked.empty()) {
      notices.push_back(fmt::format(
          "correlated split normals ({} and those with it) have kinks where predictions cross the measured values: a "
          "minimum that lies on one is not certified; variable Gaussians are smooth",
          quoted_list(kinked)));
    }
  }

  void add_groups(MeasurementsLikelihood& model, const spec::MeasuredValues& together, std::size_t first,
                  const std::string& where) {
    const std::size_t n = together.values.size();
    bool is_diagonal = true;
    if (!together.correlation.empty()) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) is_diagonal = is_diagonal && (i == j || together.correlation(i, j) == 0.0);
      }
    }
    if (is_diagonal) {
      for (std::size_t i = 0; i < n; ++i) {
        MeasurementsLikelihood::Group group;
        group.first = first + i;
        group.size = 1;
        model.groups.push_back(std::move(group));
      }
      return;
    }
    std::vector<std::uint32_t> places(n);
    std::iota(places.begin(), places.end(), 0U);
    auto normal = correlated_constraint(std::move(places), together.correlation.values);
    if (!normal) {
      error(normal.error().code, where + "/correlation", normal.error().message, normal.error().hint);
      return;
    }
    MeasurementsLikelihood::Group group;
    group.first = first;
    group.size = n;
    group.precision = std::move(normal->precision);
    group.root = std::move(normal->root);
    group.log_determinant = normal->log_determinant;
    model.groups.push_back(std::move(group));
  }

  void add_tables(MeasurementsLikelihood& model) {
    std::vector<std::string> linear;
    for (std::size_t g = 0; g < spec.grids.size(); ++g) {
      const spec::LikelihoodGrid& grid = spec.grids[g];
      const std::string where = fmt::format("#/grids/{}", g);
      if (grid.axes.size() > math::GridInterpolation::max_axes) {
        error(ErrorCode::unsupported, where + "/axes",
              fmt::format("a table of {} axes; at most {} are interpolated", grid.axes.size(),
                          math::GridInterpolation::max_axes));
        continue;
      }
      const bool is_cubic = grid.interpolation == spec::LikelihoodGrid::Interpolation::cubic;
      if (!is_cubic) linear.push_back(grid.name);
      std::vector<MeasurementsLikelihood::Table::Axis> axes;
      std::vector<std::vector<double>> points;
      for (std::size_t k = 0; k < grid.axes.size(); ++k) {
        const spec::LikelihoodGrid::Axis& axis = grid.axes[k];
        const std::string place = fmt::format("{}/axes/{}", where, k);
        axes.push_back({axis.name, prediction(model.tape, axis.prediction, axis.name, place + "/prediction"), {}});
        points.push_back(axis.points);
        if (const auto bare = model.tape.bare_variable(axes.back().prediction); bare >= 0) {
          keep_within(model.own_parameters()[static_cast<std::size_t>(bare)], axis, grid.name, place);
        }
      }
      const double factor = grid.quantity == spec::LikelihoodGrid::Quantity::minus_two_log_likelihood ? 0.5 : 1.0;
      model.tables.push_back({grid.name, std::move(axes), math::GridInterpolation(points, grid.values, is_cubic),
                              factor, *std::min_element(grid.values.begin(), grid.values.end()),
                              MeasurementsLikelihood::none});
    }
    if (!linear.empty()) {
      notices.push_back(
          fmt::format("{}: linear interpolation has kinks at the points of a table, and its minima lie "
                      "there: fits cannot certify them, cubic interpolation can",
                      quoted_list(linear)));
    }
  }

  /// A parameter that is an axis itself cannot leave the table: a fit then stops at its end as at any other bound.
  void keep_within(Parameter& p, const spec::LikelihoodGrid::Axis& axis, const std::string& table,
                   const std::string& place) {
    const double lower = std::max(p.lower, axis.points.front()), upper = std::min(p.upper, axis.points.back());
    if (!(lower <= upper) || (p.is_fixed && (p.initial < lower || p.initial > upper))) {
      error(ErrorCode::model, place,
            fmt::format("'{}' cannot be inside of the table '{}', which ends at {:g} and {:g}", p.name, table,
                        axis.points.front(), axis.points.back()));
      return;
    }
    p.lower = lower;
    p.upper = upper;
    if (p.initial >= lower && p.initial <= upper) return;
    const double moved = std::clamp(p.initial, lower, upper);
    notices.push_back(fmt::format("the initial value {:g} of '{}' lies outside of the table '{}': it was moved to {:g}",
                                  p.initial, p.name, table, moved));
    p.initial = moved;
  }

  void look_for_unused(const MeasurementsLikelihood& model) {
    std::vector<char> used(model.parameters().size(), 0);
    const auto use = [&](math::ExpressionTape::Node node) {
      for (const std::uint32_t i : model.tape.variables(node)) used[i] = 1;
    };
    for (const auto& value : model.values) use(value.prediction);
    for (const auto& table : model.tables) {
      for (const auto& axis : table.axes) use(axis.prediction);
    }
    std::vector<std::string> idle;
    for (std::size_t i = 0; i < used.size(); ++i) {
      const Parameter& p = model.parameters()[i];
      if (used[i] == 0 && !p.is_fixed && p.constraint.kind == ConstraintKind::none) idle.push_back(p.name);
    }
    if (!idle.empty()) notices.push_back("nothing depends on " + quoted_list(idle));
  }

  Result<Compiled> run() {
    collect_parameters();
    std::vector<std::string> names, definitions;
    for (const Parameter& p : parameters) names.push_back(p.name);
    for (const spec::Definition& d : spec.definitions) definitions.push_back(d.name);
    auto model = std::make_unique<MeasurementsLikelihood>(math::ExpressionTape(std::move(names)));
    model->own_parameters() = parameters;
    model->tape.announce(definitions);
    for (std::size_t i = 0; i < spec.definitions.size(); ++i) {
      const auto node = model->tape.define(spec.definitions[i].name, spec.definitions[i].expression,
                                           fmt::format("#/definitions/{}/expression", i));
      if (!node) errors.insert(errors.end(), node.errors().begin(), node.errors().end());
    }
    Data observed;
    add_values(*model, observed.values);
    add_tables(*model);
    correlate_constraints(*model);
    if (!errors.empty()) return errors;
    if (!poi.empty()) model->set_poi(ParamId{index_of.at(poi)});
    model->arrange(means, observed);
    look_for_unused(*model);
    return Compiled{std::move(model), std::move(observed), std::move(notices)};
  }
};

Result<Compiled> compile(const spec::Measurements& measurements, const MeasurementsOptions& options) {
  return MeasurementsCompiler{measurements, options}.run();
}

}  // namespace relume::model
