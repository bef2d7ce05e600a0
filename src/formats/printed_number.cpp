// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/printed_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "formats/text_edges.hpp"

namespace relume::formats {

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || !std::isfinite(value)) return std::nullopt;
  return value;
}

double printed_unit(std::string_view text) {
  text = trimmed(text);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  int exponent = 0;
  if (e < text.size()) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  }
  const std::size_t point = text.substr(0, e).find('.');
  const int n_decimals = point == std::string_view::npos ? 0 : static_cast<int>(e - point - 1);
  return std::pow(10.0, exponent - n_decimals);
}

}  // namespace relume::formats
