// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Results as text for people: aligned columns, six digits, every doubt spelled out below the numbers.
//
//   std::cout << report::to_table(limit, likelihood);
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/signal.hpp"

namespace relume::report {

/// Columns of text: the first column is flush left, numbers flush right.
class Table {
 public:
  /// `title`: one per column; none: no heading.
  explicit Table(std::vector<std::string> titles = {}) : titles_(std::move(titles)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool is_empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

/// Six significant digits; "-" for what does not exist.
std::string format_number(double value);
std::string format_number(const std::optional<double>& value);

/// "note: ..." lines.
std::string format_notes(std::span<const std::string> notes);

std::string to_table(const infer::FitResult& fit, const model::Likelihood& likelihood,
                     std::span<const std::string> notes = {});
std::string to_table(const infer::HypoTest& test, const model::Likelihood& likelihood);
std::string to_table(const infer::Limit& limit, const model::Likelihood& likelihood,
                     const std::optional<spec::CrossSection>& cross_section = {});
std::string to_table(const infer::Discovery& discovery, const model::Likelihood& likelihood);

}  // namespace relume::report
