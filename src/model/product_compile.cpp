// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Components -> product: parameters by name, constraints counted once, the layouts of data and curvature joined.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "model/product_model.hpp"
#include "relume/model/constraint_terms.hpp"
#include "relume/model/product.hpp"

namespace relume::model {

namespace {

/// Numbers of one auxiliary measurement that were written down twice may differ by rounding.
constexpr double same_measurement = 1e-12;

bool is_same(double a, double b) { return std::fabs(a - b) <= same_measurement * std::max(std::fabs(a), std::fabs(b)); }

std::string quoted(std::string_view name) { return fmt::format("'{}'", name); }

std::string describe(const Constraint& c, const Data& data) {
  const auto auxiliary = [&] { return data.values[c.data_index]; };
  switch (c.kind) {
    case ConstraintKind::none: break;
    case ConstraintKind::normal: return fmt::format("normal, {:g} +- {:g}", auxiliary(), c.width);
    case ConstraintKind::correlated_normal:
      return fmt::format("normal, {:g} +- {:g}, correlated with others", auxiliary(), c.width);
    case ConstraintKind::poisson: return fmt::format("Poisson, {:g} events at {:g} per unit", auxiliary(), c.rate);
    case ConstraintKind::gamma_variance:
      return fmt::format("normal, {:g} +- {:g}, with an error of {:g} on the error", auxiliary(),
                         std::sqrt(data.values[c.variance_index]), c.error_on_error);
  }
  return "none";
}

/// The same auxiliary measurement? Correlations are compared apart from this.
bool is_same(const Constraint& a, const Data& of_a, const Constraint& b, const Data& of_b) {
  if (a.kind != b.kind) return false;
  if (a.kind == ConstraintKind::none) return true;
  return is_same(of_a.values[a.data_index], of_b.values[b.data_index]) && is_same(a.width, b.width) &&
         is_same(a.rate, b.rate) && is_same(a.error_on_error, b.error_on_error) &&
         (a.kind != ConstraintKind::gamma_variance ||
          is_same(of_a.values[a.variance_index], of_b.values[b.variance_index]));
}

/// A parameter of a component.
struct Member {
  std::size_t component = 0, parameter = 0;
  auto operator<=>(const Member&) const = default;
};

}  // namespace

struct ProductCompiler {
  std::vector<ProductComponent> components;
  const ProductOptions& options;

  std::unique_ptr<ProductLikelihood> model = std::make_unique<ProductLikelihood>();
  Data observed{};
  std::vector<std::string> notices{};
  Errors errors{};

  /// What one entry of options.shared has come to mean: for each component of the set, who takes part.
  struct Shared {
    std::string name;
    bool is_scalar = true;
    std::vector<std::vector<Member>> members;
    std::optional<std::size_t> first;  ///< in the product, once it is there
  };
  std::vector<Shared> shared{};
  std::map<Member, std::pair<std::size_t, std::size_t>> place_in_shared{};  ///< entry, component of its set
  std::vector<std::vector<Member>> members_of{};                            ///< per parameter of the product

  void error(ErrorCode code, std::string where, std::string message, std::string hint = {}) {
    errors.push_back({code, std::move(where), std::move(message), std::move(hint)});
  }
  const Likelihood& likelihood(std::size_t k) const { return *components[k].likelihood; }
  const Parameter& parameter(const Member& m) const { return likelihood(m.component).parameters()[m.parameter]; }
  std::string describe(const Member& m) const {
    return fmt::format("'{}' of '{}'", parameter(m).name, components[m.component].name);
  }

  Result<Compiled> run() {
    check_components();
    if (errors.empty()) resolve_shared();
    if (!errors.empty()) return errors;
    list_parameters();
    if (errors.empty()) carry_correlations();
    if (errors.empty()) correlate();
    if (errors.empty()) choose_poi();
    if (!errors.empty()) return errors;
    lay_out_data();
    lay_out_curvature();
    list_sides();
    choose_kind_of_constraints();
    return Compiled{std::move(model), std::move(observed), std::move(notices)};
  }

  void check_components() {
    if (components.empty()) error(ErrorCode::model, {}, "a product needs at least one component");
    std::set<std::string_view> names;
    for (const ProductComponent& c : components) {
      if (c.name.empty()) error(ErrorCode::model, {}, "a component has no name");
      if (!names.insert(c.name).second) {
        error(ErrorCode::reference, c.name, "two components are called " + quoted(c.name));
      }
    }
  }

  std::optional<std::size_t> find_component(const std::string& name, const std::string& where) {
    std::vector<std::string> known;
    for (std::size_t k = 0; k < components.size(); ++k) {
      if (components[k].name == name) return k;
      known.push_back(components[k].name);
    }
    error(ErrorCode::reference, where, "no component is called " + quoted(name), hint_for_unknown(name, known));
    return std::nullopt;
  }

  struct Named {
    std::size_t first = 0, size = 1;
    bool is_scalar = true;
  };
  /// A parameter, or all of a set.
  std::optional<Named> find(std::size_t k, const std::string& name, const std::string& where) {
    if (const auto found = likelihood(k).find_parameter(name)) return Named{found->index, 1, true};
    std::vector<std::string> known;
    for (const ParameterSet& set : likelihood(k).parameter_sets()) {
      if (set.name == name) return Named{set.first, set.size, set.is_scalar};
      known.push_back(set.name);
    }
    error(ErrorCode::reference, where, fmt::format("'{}' has no parameter '{}'", components[k].name, name),
          hint_for_unknown(name, known) + "; a signal may bring it along");
    return std::nullopt;
  }

  void resolve_shared() {
    for (const spec::Product::Shared& given : options.shared) {
      Shared entry{given.name, true, {}, {}};
      if (given.members.empty()) error(ErrorCode::model, given.name, "nothing is shared under this name");
      std::set<std::size_t> seen;
      for (const auto& [component, name] : given.members) {
        const auto k = find_component(component, given.name);
        const auto named = k ? find(*k, name, given.name) : std::nullopt;
        if (!named) continue;
        if (!seen.insert(*k).second) {
          error(ErrorCode::model, given.name,
                fmt::format("two parameters of '{}' cannot become one in a product", component),
                "give them one name in the component itself");
          continue;
        }
        if (entry.members.empty()) {
          entry.is_scalar = named->is_scalar;
          entry.members.resize(named->size);
        } else if (entry.members.size() != named->size) {
          error(ErrorCode::model, given.name,
                fmt::format("'{}' of '{}' has {} components, and {} has {}", name, component, named->size,
                            describe(entry.members.front().front()), entry.members.size()));
          continue;
        }
        for (std::size_t j = 0; j < named->size; ++j) {
          const Member member{*k, named->first + j};
          if (!place_in_shared.try_emplace(member, std::pair{shared.size(), j}).second) {
            error(ErrorCode::reference, given.name, describe(member) + " is shared twice");
            continue;
          }
          entry.members[j].push_back(member);
        }
      }
      shared.push_back(std::move(entry));
    }
  }

  void list_parameters() {
    for (std::size_t k = 0; k < components.size(); ++k) {
      Component c;
      c.name = components[k].name;
      c.likelihood = components[k].likelihood;
      c.parameters.resize(likelihood(k).parameters().size());
      model->components_.push_back(std::move(c));
    }
    for (std::size_t k = 0; k < components.size(); ++k) {
      for (const ParameterSet& set : likelihood(k).parameter_sets()) add_set(k, set);
    }
    std::set<std::string_view> names;
    for (const Parameter& p : model->parameters_) {
      if (!names.insert(p.name).second) {
        error(ErrorCode::reference, p.name, "two parameters of the product are called " + quoted(p.name),
              "choose other names for components or for what is shared");
      }
    }
  }

  void add_set(std::size_t k, const ParameterSet& set) {
    const std::string own_name = components[k].name + "/" + set.name;
    bool is_shared = false;
    for (std::size_t j = 0; j < set.size; ++j) is_shared = is_shared || place_in_shared.contains({k, set.first + j});
    if (!is_shared) {
      model->parameter_sets_.push_back({own_name, model->parameters_.size(), set.size, set.is_scalar});
      for (std::size_t j = 0; j < set.size; ++j) {
        const Member member{k, set.first + j};
        add_parameter({member}, components[k].name + "/" + parameter(member).name);
      }
      return;
    }
    for (std::size_t j = 0; j < set.size; ++j) {
      const Member member{k, set.first + j};
      const auto at = place_in_shared.find(member);
      if (at != place_in_shared.end()) {
        add_shared(shared[at->second.first]);
        continue;
      }
      const std::string name = components[k].name + "/" + parameter(member).name;
      model->parameter_sets_.push_back({name, model->parameters_.size(), 1, true});
      add_parameter({member}, name);
    }
  }

  void add_shared(Shared& entry) {
    if (entry.first) return;
    entry.first = model->parameters_.size();
    model->parameter_sets_.push_back({entry.name, *entry.first, entry.members.size(), entry.is_scalar});
    for (std::size_t j = 0; j < entry.members.size(); ++j) {
      add_parameter(entry.members[j], entry.is_scalar ? entry.name : fmt::format("{}[{}]", entry.name, j));
    }
  }

  void add_parameter(const std::vector<Member>& members, std::string name) {
    const std::size_t index = model->parameters_.size();
    Parameter p = parameter(members.front());
    p.name = std::move(name);
    const Member* constrained = p.constraint.kind == ConstraintKind::none ? nullptr : &members.front();
    std::string free_in, held_in;
    for (const Member& m : members) {
      const Parameter& own = parameter(m);
      model->components_[m.component].parameters[m.parameter] = static_cast<std::uint32_t>(index);
      (own.is_fixed ? held_in : free_in) = components[m.component].name;
      if (&m == &members.front()) continue;
      p.lower = std::max(p.lower, own.lower);
      p.upper = std::min(p.upper, own.upper);
      if (own.constraint.kind == ConstraintKind::none) continue;
      if (constrained == nullptr) {
        constrained = &m;
        p.constraint = own.constraint;
      } else {
        compare_constraints(p.name, *constrained, m);
      }
    }
    if (p.lower > p.upper) {
      std::vector<std::string> ranges;
      for (const Member& m : members) {
        ranges.push_back(
            fmt::format("[{:g}, {:g}] in '{}'", parameter(m).lower, parameter(m).upper, components[m.component].name));
      }
      error(ErrorCode::model, p.name,
            fmt::format("the bounds of the components exclude each other: {}", fmt::join(ranges, ", ")),
            "change the bounds of one of them, or do not share the parameter");
    }
    const auto holder =
        std::find_if(members.begin(), members.end(), [&](const Member& m) { return parameter(m).is_fixed; });
    for (const Member& m : members) {
      if (holder == members.end() || !parameter(m).is_fixed || parameter(m).initial == parameter(*holder).initial)
        continue;
      error(ErrorCode::model, p.name,
            fmt::format("'{}' holds it at {:g}, '{}' at {:g}", components[holder->component].name,
                        parameter(*holder).initial, components[m.component].name, parameter(m).initial),
            "hold it at one value, or do not share the parameter");
    }
    for (const Member& m : members) {
      if (parameter(m).initial == p.initial || holder != members.end()) continue;
      notices.push_back(fmt::format("'{}' starts at {:g}, as in '{}', and not at {:g}, as in '{}'", p.name, p.initial,
                                    components[members.front().component].name, parameter(m).initial,
                                    components[m.component].name));
    }
    if (!free_in.empty() && !held_in.empty()) {
      p.is_fixed = true;
      p.initial = parameter(*holder).initial;
      notices.push_back(fmt::format("'{}' is held at {:g}, as in '{}', although '{}' leaves it free", p.name, p.initial,
                                    components[holder->component].name, free_in));
    }
    if (!p.is_fixed && p.lower <= p.upper) p.initial = std::clamp(p.initial, p.lower, p.upper);
    model->parameters_.push_back(std::move(p));
    members_of.push_back(members);
  }

  void compare_constraints(const std::string& name, const Member& a, const Member& b) {
    const Constraint &of_a = parameter(a).constraint, &of_b = parameter(b).constraint;
    const Data &data_a = components[a.component].observed, &data_b = components[b.component].observed;
    if (is_same(of_a, data_a, of_b, data_b)) return;
    error(ErrorCode::model, name,
          fmt::format("the constraint of {} ({}) is not that of {} ({})", describe(a), model::describe(of_a, data_a),
                      describe(b), model::describe(of_b, data_b)),
          "a shared constraint is one auxiliary measurement and counts once: it has to be the same everywhere, or the "
          "parameter is not shared");
  }

  /// The component that constrains a parameter of the product.
  const Member& constrained_by(std::size_t i) const {
    for (const Member& m : members_of[i]) {
      if (parameter(m).constraint.kind != ConstraintKind::none) return m;
    }
    return members_of[i].front();
  }

  /// Those that components have.
  void carry_correlations() {
    std::vector<std::ptrdiff_t> block_of(model->parameters_.size(), -1);
    for (const Component& c : model->components_) {
      for (const CorrelatedConstraint& own : c.likelihood->correlated_constraints()) {
        const CorrelatedConstraint block = carried(own, c);
        const std::ptrdiff_t known = block_of[block.parameters.front()];
        bool is_new = true, is_known = known >= 0;
        for (const std::uint32_t i : block.parameters) {
          is_new = is_new && block_of[i] < 0;
          is_known = is_known && block_of[i] == known;
        }
        if (is_new) {
          for (const std::uint32_t i : block.parameters) {
            block_of[i] = static_cast<std::ptrdiff_t>(model->correlated_constraints_.size());
          }
          model->correlated_constraints_.push_back(block);
          continue;
        }
        if (is_known) {
          const CorrelatedConstraint& there = model->correlated_constraints_[static_cast<std::size_t>(known)];
          is_known = there.parameters == block.parameters &&
                     std::equal(block.correlation.begin(), block.correlation.end(), there.correlation.begin(),
                                [](double a, double b) { return std::fabs(a - b) <= same_measurement; });
        }
        if (!is_known) {
          error(ErrorCode::model, model->parameters_[block.parameters.front()].name,
                fmt::format("'{}' correlates this constraint in another way than a component before it", c.name),
                "share all that is correlated, with the same correlation, or none of it");
        }
      }
    }
  }

  /// A component's correlated constraint in the parameters of the product, which ascend in another order.
  static CorrelatedConstraint carried(const CorrelatedConstraint& own, const Component& c) {
    const std::size_t n = own.parameters.size();
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto index = [&](std::size_t k) { return c.parameters[own.parameters[k]]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return index(a) < index(b); });
    std::vector<std::uint32_t> parameters;
    std::vector<double> correlation;
    for (const std::size_t a : order) {
      parameters.push_back(index(a));
      for (const std::size_t b : order) correlation.push_back(own.correlation[a * n + b]);
    }
    if (std::is_sorted(order.begin(), order.end())) {
      CorrelatedConstraint same = own;
      same.parameters = std::move(parameters);
      return same;
    }
    // What the component could invert can be inverted in any order.
    return std::move(correlated_constraint(std::move(parameters), std::move(correlation)).value());
  }

  /// Those that the caller wants.
  void correlate() {
    std::set<std::size_t> taken;
    for (const spec::Correlation& given : options.correlations) {
      const auto ordered = in_order(given, "correlations", [&](const std::string& name) -> Result<std::uint32_t> {
        const auto found = model->find_parameter(name);
        if (!found) {
          return Error{ErrorCode::reference, "correlations", "no parameter of the product is called " + quoted(name),
                       hint_for_unknown(name, names())};
        }
        if (!taken.insert(found->index).second) {
          return Error{ErrorCode::model, "correlations", quoted(name) + " is correlated twice",
                       "list all that it is correlated with in one matrix"};
        }
        const ConstraintKind kind = model->parameters_[found->index].constraint.kind;
        if (kind != ConstraintKind::normal && kind != ConstraintKind::correlated_normal) {
          return Error{ErrorCode::model, "correlations",
                       quoted(name) + " has no normal constraint of its own that could be correlated",
                       "correlations are for normal constraints without an error on the error"};
        }
        return static_cast<std::uint32_t>(found->index);
      });
      if (!ordered) {
        errors.insert(errors.end(), ordered.errors().begin(), ordered.errors().end());
        continue;
      }
      if (!replace_blocks(ordered->parameters)) continue;
      auto block = correlated_constraint(ordered->parameters, ordered->correlation);
      if (!block) {
        error(block.error().code, "correlations", block.error().message, block.error().hint);
        continue;
      }
      for (const std::uint32_t i : block->parameters) {
        model->parameters_[i].constraint.kind = ConstraintKind::correlated_normal;
      }
      model->correlated_constraints_.push_back(std::move(*block));
    }
  }

  /// Takes away what a new correlation of these parameters replaces; false, and an error: it would tear a block apart.
  bool replace_blocks(const std::vector<std::uint32_t>& parameters) {
    auto& blocks = model->correlated_constraints_;
    for (std::size_t b = blocks.size(); b-- > 0;) {
      std::vector<std::string> missing;
      std::size_t n_listed = 0;
      for (const std::uint32_t i : blocks[b].parameters) {
        const bool is_listed = std::binary_search(parameters.begin(), parameters.end(), i);
        if (is_listed) ++n_listed;
        if (!is_listed) missing.push_back(model->parameters_[i].name);
      }
      if (n_listed == 0) continue;
      if (!missing.empty()) {
        error(ErrorCode::model, "correlations",
              fmt::format("some of these parameters are correlated with {} already", quoted_beginning(missing, 3)),
              "list those too: the new matrix takes the place of the old one");
        return false;
      }
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(b));
    }
    return true;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Parameter& p : model->parameters_) all.push_back(p.name);
    return all;
  }

  void choose_poi() {
    if (options.poi.empty()) return;
    model->poi_ = model->find_parameter(options.poi);
    if (!model->poi_) {
      error(ErrorCode::reference, "poi", "no parameter of the product is called " + quoted(options.poi),
            hint_for_unknown(options.poi, names()));
    }
  }

  void lay_out_data() {
    ProductLikelihood& m = *model;
    for (std::size_t k = 0; k < components.size(); ++k) {
      Component& c = m.components_[k];
      const Data& own = components[k].observed;
      c.data.resize(own.values.size());
      for (const DataBlock& block : c.likelihood->data_blocks()) {
        if (block.is_auxiliary) continue;
        m.data_blocks_.push_back({c.name + "/" + block.name, block.kind, observed.values.size(), block.size, false});
        for (std::size_t i = block.first; i < block.first + block.size; ++i) {
          c.data[i] = observed.values.size();
          observed.values.push_back(own.values[i]);
        }
      }
      c.first_channel = m.channels_.size();
      for (ChannelInfo channel : c.likelihood->channels()) {
        channel.name = c.name + "/" + channel.name;
        channel.first_bin = channel.n_bins > 0 ? c.data[channel.first_bin] : observed.values.size();
        m.channels_.push_back(std::move(channel));
      }
    }
    for (const ParameterSet& set : m.parameter_sets_) {
      const ConstraintKind kind = m.parameters_[set.first].constraint.kind;
      if (kind == ConstraintKind::none) continue;
      add_auxiliary(set, set.name, kind == ConstraintKind::poisson ? BlockKind::counts : BlockKind::reals,
                    &Constraint::data_index);
    }
    // Estimated variances come last, as in components.
    for (const ParameterSet& set : m.parameter_sets_) {
      if (m.parameters_[set.first].constraint.kind != ConstraintKind::gamma_variance) continue;
      add_auxiliary(set, set.name + ".variance", BlockKind::variances, &Constraint::variance_index);
    }
    m.n_data_ = observed.values.size();
  }

  void add_auxiliary(const ParameterSet& set, const std::string& name, BlockKind kind, std::size_t Constraint::*index) {
    ProductLikelihood& m = *model;
    m.data_blocks_.push_back({name, kind, observed.values.size(), set.size, true});
    for (std::size_t i = set.first; i < set.first + set.size; ++i) {
      const Member& source = constrained_by(i);
      const std::size_t at = observed.values.size();
      observed.values.push_back(components[source.component].observed.values[parameter(source).constraint.*index]);
      m.parameters_[i].constraint.*index = at;
      for (const Member& member : members_of[i]) {
        const Constraint& own = parameter(member).constraint;
        if (own.kind != ConstraintKind::none) m.components_[member.component].data[own.*index] = at;
      }
    }
  }

  void lay_out_curvature() {
    ProductLikelihood& m = *model;
    math::CurvatureLayout& l = m.layout_;
    l.n_parameters = m.parameters_.size();
    l.private_of_parameter.assign(l.n_parameters, -1);
    add_dense_blocks(m.correlated_constraints_, l);
    std::vector<char> is_correlated(l.n_parameters, 0);
    for (const CorrelatedConstraint& block : m.correlated_constraints_) {
      for (const std::uint32_t i : block.parameters) is_correlated[i] = 1;
    }
    for (Component& c : m.components_) {
      c.is_demoted.assign(c.parameters.size(), 0);
      for (const math::PrivateEntry& entry : c.likelihood->layout().privates) {
        const std::uint32_t i = c.parameters[entry.parameter];
        c.is_demoted[entry.parameter] = members_of[i].size() > 1 || is_correlated[i] != 0;
      }
      append_layout(c, l);
    }
    const auto offsets = [&](const auto& entries) {
      std::vector<std::uint32_t> first(l.n_rows + 1, 0);
      for (const auto& entry : entries) ++first[entry.row + 1];
      std::partial_sum(first.begin(), first.end(), first.begin());
      return first;
    };
    l.row_privates = offsets(l.privates);
    l.row_couplings = offsets(l.couplings);
    l.row_pairs = offsets(l.pairs);
  }

  void list_sides() {
    const auto collect = [&](auto list_of, std::vector<std::uint32_t>& out) {
      std::set<std::uint32_t> all;
      for (const Component& c : model->components_) {
        for (const std::uint32_t i : list_of(*c.likelihood)) all.insert(c.parameters[i]);
      }
      out.assign(all.begin(), all.end());
    };
    collect([](const Likelihood& l) { return l.kinks(); }, model->kinks_);
    collect([](const Likelihood& l) { return l.two_sided(); }, model->two_sided_);
  }

  /// Priors only where all components have them: what was measured in one of them fluctuates in Asimov data and toys.
  void choose_kind_of_constraints() {
    std::vector<std::string> priors, measured;
    for (const ProductComponent& c : components) {
      const auto parameters = c.likelihood->parameters();
      const bool is_constrained = std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) {
        return p.constraint.kind != ConstraintKind::none;
      });
      if (is_constrained) (c.likelihood->constraints_are_priors() ? priors : measured).push_back(c.name);
    }
    model->constraints_are_priors_ = !priors.empty() && measured.empty();
    if (priors.empty() || measured.empty()) return;
    notices.push_back(fmt::format(
        "the constraints of {} are priors, those of {} are measurements: Asimov data treat all as measurements",
        quoted_list(priors, " and "), quoted_list(measured, " and ")));
  }
};

Result<Compiled> multiply(std::vector<ProductComponent> components, const ProductOptions& options) {
  return ProductCompiler{std::move(components), options}.run();
}

Result<Compiled> compile(const spec::Product& product, const CompileComponent& compile_component) {
  std::vector<ProductComponent> components;
  std::vector<std::string> notices;
  Errors errors;
  for (const spec::Component& component : product.components) {
    Result<Compiled> compiled = compile_component(component);
    if (!compiled) {
      for (Error problem : compiled.errors()) {
        problem.where = problem.where.empty() ? component.name : component.name + ": " + problem.where;
        errors.push_back(std::move(problem));
      }
      continue;
    }
    for (const std::string& notice : compiled->notices) notices.push_back("'" + component.name + "': " + notice);
    components.push_back({component.name, std::move(compiled->likelihood), std::move(compiled->observed)});
  }
  if (!errors.empty()) return errors;
  Result<Compiled> all = multiply(std::move(components),
                                  {.shared = product.shared, .correlations = product.correlations, .poi = product.poi});
  if (all) all->notices.insert(all->notices.begin(), notices.begin(), notices.end());
  return all;
}

}  // namespace relume::model
