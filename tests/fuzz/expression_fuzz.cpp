// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The input is an expression in x, y and 'a name', and after a newline, if there is one, another that may use the first
// as "first". What can be read is evaluated; asking for derivatives must not change the value.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "math/expression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume::math;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  ExpressionTape tape({"x", "y", "a name"});
  auto node = tape.define("first", text.substr(0, line), "fuzz");
  if (line != std::string_view::npos) node = tape.compile(text.substr(line + 1), "fuzz");
  if (!node) return 0;
  const std::vector<double> point = {0.5, -1.25, 2.0};
  ExpressionWork work = tape.make_work();
  tape.evaluate(point, Derivatives::none, work);
  const double value = work.value[*node];
  tape.evaluate(point, Derivatives::curvature, work);
  const bool is_same = work.value[*node] == value || (std::isnan(value) && std::isnan(work.value[*node]));
  if (!is_same) std::abort();
  if (tape.gradient(*node, work).size() != tape.variables(*node).size()) std::abort();
  return 0;
}
