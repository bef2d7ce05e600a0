// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/quoted_list.hpp"

namespace relume {
namespace {

/// Longer names are not compared letter by letter: a name from a hostile file must not buy quadratic time.
constexpr std::size_t longest_compared = 200;
/// How many names a hint lists when none is alike.
constexpr std::size_t listed = 8;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Levenshtein distance, upper and lower case alike.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view name, std::span<const std::string> candidates, std::size_t count) {
  if (name.size() > longest_compared) return {};
  std::vector<std::pair<std::size_t, std::size_t>> ranked;  // distance, index
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string& candidate = candidates[i];
    if (candidate.size() > longest_compared) continue;
    const std::size_t distance = edit_distance(name, candidate);
    // Less than half of the letters may differ: beyond that a suggestion confuses more than it helps.
    if (2 * distance < std::max(name.size(), candidate.size())) ranked.emplace_back(distance, i);
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > count) ranked.resize(count);
  std::vector<std::string> names;
  for (const auto& [distance, index] : ranked) names.push_back(candidates[index]);
  return names;
}

std::string hint_for_unknown(std::string_view name, std::span<const std::string> candidates) {
  if (candidates.empty()) return {};
  const std::vector<std::string> alike = nearest(name, candidates, 3);
  if (!alike.empty()) return "did you mean " + quoted_list(alike, " or ") + "?";
  return "there are: " + quoted_beginning(candidates, listed);
}

}  // namespace relume
