// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Closed-form expressions of named variables, with exact first and second derivatives: "kappa_V^2 * kappa_F^2 / width".
// All expressions of one model are compiled into one flat tape, in which what they have in common is computed once.
//
//   ExpressionTape tape({"kappa_V", "kappa_F"});
//   tape.define("width", "0.75 * kappa_F^2 + 0.25 * kappa_V^2").value();
//   const auto node = tape.compile("kappa_V^4 / width").value();
//   auto work = tape.make_work();
//   tape.evaluate(point, Derivatives::curvature, work);      // work.value[node], tape.gradient(node, work), …
//
// Numbers, + - * /, ^ or ** (from right to left, before a sign), parentheses, pi, and the functions of `functions()`.
// A name is letters, digits, '_' and '.', or anything between single quotes. Cost: for a node of k variables k
// operations for the gradient, k^2 for the second derivatives, none for those of linear nodes; nothing is allocated.
// Thread-safety: immutable once compiled; the work belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/math/evaluation.hpp"

namespace relume::math {

/// What an evaluation writes.
struct ExpressionWork {
  std::vector<double> value;  ///< per node
  std::vector<double> gradients, hessians;
};

class ExpressionTape {
 public:
  using Node = std::uint32_t;

  explicit ExpressionTape(std::vector<std::string> variables);

  /// A name that later expressions may use. Errors: as `compile`; a name that is taken.
  Result<Node> define(const std::string& name, std::string_view text, const std::string& where = {});
  /// Names of definitions to come, so that their use in what comes before them is explained.
  void announce(std::span<const std::string> names) { announced_.assign(names.begin(), names.end()); }
  /// Errors, all of them at once: what is no expression, with its position, unknown names and functions; what is too
  /// long, too deep, or needs too much room for its derivatives.
  Result<Node> compile(std::string_view text, const std::string& where = {});

  std::optional<Node> definition(std::string_view name) const;
  Node variable(std::size_t index);
  Node constant(double value);
  Node sum(Node a, Node b);
  Node product(Node a, Node b);

  void evaluate(std::span<const double> point, Derivatives derivatives, ExpressionWork& work) const noexcept;
  ExpressionWork make_work() const;

  /// Variables that a node depends on, ascending: derivatives are in their order.
  std::span<const std::uint32_t> variables(Node node) const;
  bool is_linear(Node node) const { return nodes_[node].degree < nonlinear; }
  /// The variable, where a node is nothing else; -1 otherwise.
  std::int64_t bare_variable(Node node) const;
  std::span<const double> gradient(Node node, const ExpressionWork& work) const;
  /// Lower triangle, row by row: entry (i, j <= i) at i (i + 1) / 2 + j. Empty: linear.
  std::span<const double> hessian(Node node, const ExpressionWork& work) const;

  std::size_t size() const { return nodes_.size(); }
  static std::vector<std::string> functions();

 private:
  friend class ExpressionParser;

  enum class Operation : std::uint8_t;
  enum Degree : std::uint8_t { constant_degree, linear, nonlinear };

  struct Entry {
    Operation operation;
    Degree degree;
    Node a = 0, b = 0;  ///< operands; of a variable, a is its index
    double number = 0.0;
    std::uint32_t support = 0, n_support = 0;  ///< in supports_
    std::uint32_t places_a = 0, places_b = 0;  ///< of the operands' variables in the own support: in places_
    std::size_t gradient = 0, hessian = 0;     ///< offsets of the derivatives
  };
  struct Partials;

  Node append(Operation operation, Node a, Node b);
  Node append_unary(Operation operation, Node a) { return append(operation, a, a); }
  static int arity(Operation operation);
  static Partials partials(const Entry& entry, double a, double b, bool second);
  void add_operand(const Entry& entry, Node operand, std::uint32_t places, double slope, bool second,
                   ExpressionWork& work) const noexcept;
  void add_products(const Entry& entry, Node x, std::uint32_t places_x, Node y, std::uint32_t places_y, double factor,
                    ExpressionWork& work) const noexcept;
  std::uint32_t places_in(const Entry& entry, Node operand);

  static constexpr Node nowhere = ~Node{0};

  std::vector<std::string> variables_, announced_;
  std::vector<std::pair<std::string, Node>> definitions_;
  std::unordered_map<std::string, std::uint32_t> variable_index_, definition_index_;
  std::vector<Node> variable_node_;
  std::vector<Entry> nodes_;
  std::vector<std::uint32_t> supports_, places_;
  std::size_t gradient_size_ = 0, hessian_size_ = 0;
  bool is_too_large_ = false;
};

}  // namespace relume::math
