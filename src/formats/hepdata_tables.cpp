// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From tables to yields, matrices and likelihoods. What had to be guessed or averaged is a note, what cannot be is an
// error that lists the choices.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "formats/matrix_size.hpp"
#include "formats/printed_number.hpp"
#include "formats/text_edges.hpp"
#include "relume/formats/hepdata.hpp"
#include "relume/spec/validate.hpp"

namespace relume::formats {

using spec::HepdataCell;
using spec::HepdataColumn;
using spec::HepdataError;
using spec::HepdataTable;
using spec::SquareMatrix;

namespace {

/// However coarse the print is, entries that differ by more than this from their mirror image (or from the one of a
/// diagonal), relative to sqrt(V_ii V_jj), are not the same number.
constexpr double largest_rounding = 1e-2;

/// The correlation of something with itself may be off by the arithmetic behind it, in single precision, however many
/// digits are printed.
constexpr double arithmetic_of_one = 1e-6;

std::string label_of(const HepdataCell& cell) {
  if (!cell.value.empty()) return cell.value;
  return cell.low + " - " + cell.high;
}

bool is_missing(const HepdataCell& cell) {
  const std::string_view text = trimmed(cell.value);
  return text.empty() || text == "-" || text == "--";
}

/// The middle of a bin.
std::optional<double> coordinate(const HepdataCell& cell) {
  if (!cell.value.empty()) return parse_number(cell.value);
  const auto low = parse_number(cell.low), high = parse_number(cell.high);
  return low && high ? std::optional(0.5 * (*low + *high)) : std::nullopt;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

Error problem(ErrorCode code, const std::string& source, std::string message, std::string hint = {}) {
  return {code, source, std::move(message), std::move(hint)};
}

// ---- yields

/// Rows and columns change places in tables with one row per process.
struct Yields {
  std::vector<std::string> regions = {};
  std::vector<std::string> headings = {};                   ///< per process, as the table has them
  std::vector<std::string> processes = {};                  ///< the same, with a number where several are called so
  std::vector<const HepdataColumn*> columns = {};           ///< per process, where these are columns
  std::vector<std::vector<const HepdataCell*>> cells = {};  ///< per process, one per region
};

/// "Events #1", "Events #2": columns that only their qualifiers tell apart are usual.
std::vector<std::string> numbered(const std::vector<std::string>& headings) {
  std::unordered_map<std::string, std::size_t> n_of, n_before;
  for (const std::string& heading : headings) ++n_of[heading];
  std::vector<std::string> names;
  for (const std::string& heading : headings) {
    names.push_back(n_of[heading] == 1 ? heading : fmt::format("{} #{}", heading, ++n_before[heading]));
  }
  return names;
}

std::vector<std::string> row_labels(const HepdataTable& table) {
  std::vector<std::string> labels(table.n_rows());
  for (const HepdataColumn& column : table.independent) {
    for (std::size_t r = 0; r < labels.size(); ++r) {
      if (!labels[r].empty()) labels[r] += ", ";
      labels[r] += label_of(column.cells[r]);
    }
  }
  return labels;
}

Yields one_column_per_process(const HepdataTable& table) {
  Yields yields{.regions = row_labels(table)};
  for (const HepdataColumn& column : table.dependent) {
    yields.headings.push_back(column.name);
    yields.columns.push_back(&column);
    auto& cells = yields.cells.emplace_back();
    for (const HepdataCell& cell : column.cells) cells.push_back(&cell);
  }
  yields.processes = numbered(yields.headings);
  return yields;
}

Yields one_row_per_process(const HepdataTable& table) {
  Yields yields{.headings = row_labels(table)};
  yields.processes = numbered(yields.headings);
  for (const HepdataColumn& column : table.dependent) yields.regions.push_back(column.name);
  for (std::size_t r = 0; r < table.n_rows(); ++r) {
    auto& cells = yields.cells.emplace_back();
    for (const HepdataColumn& column : table.dependent) cells.push_back(&column.cells[r]);
  }
  return yields;
}

struct Choice {
  std::optional<std::size_t> index = {};
  std::vector<std::size_t> candidates = {};  ///< more than one: it is not clear which
};

Choice choice_of(std::vector<std::size_t> candidates) {
  if (candidates.size() == 1) return {.index = candidates.front(), .candidates = std::move(candidates)};
  return {.candidates = std::move(candidates)};
}

/// The process of that name, or the one that the first fitting word finds.
Choice choose(const Yields& yields, const std::string& name, std::span<const std::string_view> words) {
  const auto those = [&](const auto& fits) {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < yields.processes.size(); ++i) {
      if (fits(i)) candidates.push_back(i);
    }
    return candidates;
  };
  if (!name.empty()) {
    auto candidates = those([&](std::size_t i) { return yields.processes[i] == name; });
    if (candidates.empty()) candidates = those([&](std::size_t i) { return yields.headings[i] == name; });
    return choice_of(std::move(candidates));
  }
  for (const std::string_view word : words) {
    auto candidates = those([&](std::size_t i) {
      const std::string lower = lower_case(yields.headings[i]);
      return lower.find(word) != std::string::npos && lower.find("signal") == std::string::npos;
    });
    if (!candidates.empty()) return choice_of(std::move(candidates));
  }
  return {};
}

constexpr std::array<std::string_view, 2> words_for_observed = {"observed", "data"};
constexpr std::array<std::string_view, 9> words_for_background = {
    "total background", "total bkg", "total sm",       "background", "bkg",
    "sm expect",        "expected",  "standard model", "prediction"};

/// The qualifiers of a column that not all columns have: " (PROCESS: Top)", or nothing.
std::string told_apart(const Yields& yields, std::size_t process) {
  if (yields.columns.empty()) return {};
  std::vector<std::string> own;
  for (const auto& qualifier : yields.columns[process]->qualifiers) {
    const bool is_shared = std::all_of(yields.columns.begin(), yields.columns.end(), [&](const HepdataColumn* column) {
      return std::find(column->qualifiers.begin(), column->qualifiers.end(), qualifier) != column->qualifiers.end();
    });
    if (!is_shared) own.push_back(fmt::format("{}: {}", qualifier.first, qualifier.second));
  }
  return own.empty() ? "" : fmt::format(" ({})", fmt::join(own, ", "));
}

Error no_choice(const Choice& choice, const Yields& yields, const std::string& name, std::string_view what,
                const std::string& source) {
  constexpr std::size_t shown = 12;
  if (!choice.candidates.empty()) {
    std::vector<std::string> names;
    for (const std::size_t i : std::span(choice.candidates).first(std::min(shown, choice.candidates.size()))) {
      names.push_back(fmt::format("'{}'{}", yields.processes[i], told_apart(yields, i)));
    }
    if (choice.candidates.size() > shown) names.push_back(fmt::format("{} more", choice.candidates.size() - shown));
    return problem(ErrorCode::reference, source,
                   name.empty() ? fmt::format("it is not clear which column holds {}", what)
                                : fmt::format("{} columns or rows are called '{}'", choice.candidates.size(), name),
                   fmt::format("name one of {}", fmt::join(names, ", ")));
  }
  if (!name.empty()) {
    return problem(ErrorCode::reference, source, fmt::format("there is no column or row called '{}'", name),
                   hint_for_unknown(name, yields.processes));
  }
  return problem(ErrorCode::reference, source, fmt::format("no column looks as if it held {}", what),
                 fmt::format("name one of {}", quoted_beginning(yields.processes, shown)));
}

/// A part of a value where it ends with a per cent sign.
std::optional<double> error_size(std::string_view text, double value) {
  text = trimmed(text);
  const bool is_relative = text.ends_with('%');
  if (is_relative) text.remove_suffix(1);
  const std::optional<double> number = parse_number(text);
  if (!number) return std::nullopt;
  return std::abs(is_relative ? 0.01 * *number * value : *number);
}

/// What reading the errors of all regions has shown.
struct ErrorCensus {
  std::size_t n_without = 0, n_asymmetric = 0;
};

std::optional<double> total_error(const HepdataCell& cell, double value, ErrorCensus& census) {
  double sum = 0.0;
  bool is_asymmetric = false;
  for (const HepdataError& error : cell.errors) {
    const bool is_one = !error.symmetric.empty();
    const auto plus = error_size(is_one ? error.symmetric : error.plus, value);
    const auto minus = error_size(is_one ? error.symmetric : error.minus, value);
    if (!plus || !minus) return std::nullopt;
    is_asymmetric = is_asymmetric || *plus != *minus;
    const double mean = 0.5 * (*plus + *minus);
    sum += mean * mean;
  }
  if (cell.errors.empty()) ++census.n_without;
  if (is_asymmetric) ++census.n_asymmetric;
  return std::sqrt(sum);
}

}  // namespace

std::optional<TableMatrixKind> table_matrix_kind_from_string(std::string_view name) {
  if (name == "automatic") return TableMatrixKind::automatic;
  if (name == "covariance") return TableMatrixKind::covariance;
  if (name == "correlation") return TableMatrixKind::correlation;
  return std::nullopt;
}

Result<TableYields> yields_from_table(const HepdataTable& table, const TableOptions& options) {
  const std::string& source = options.yields_source;
  Yields yields = one_column_per_process(table);
  Choice observed = choose(yields, options.observed, words_for_observed);
  if (observed.candidates.empty()) {
    Yields turned = one_row_per_process(table);
    if (Choice other = choose(turned, options.observed, words_for_observed); !other.candidates.empty()) {
      yields = std::move(turned);
      observed = std::move(other);
    }
  }
  if (!observed.index && table.independent.size() == 2 && table.dependent.size() == 1) {
    return problem(ErrorCode::schema, source, "this table has a pair of labels in each row, as a matrix has",
                   "give a table of yields, and this one as the covariance");
  }
  const Choice background = choose(yields, options.background, words_for_background);
  Errors errors;
  if (!observed.index) {
    errors.push_back(no_choice(observed, yields, options.observed, "the observed events", source));
  }
  if (!background.index) {
    errors.push_back(no_choice(background, yields, options.background, "the background", source));
  }
  if (errors.empty() && *observed.index == *background.index) {
    errors.push_back(problem(
        ErrorCode::reference, source,
        fmt::format("'{}' cannot be both the observed events and the backgrounds", yields.processes[*observed.index]),
        "name both, with --observed and --background"));
  }
  if (!errors.empty()) return errors;

  TableYields result;
  result.experiments.name = options.name.empty() ? table.name : options.name;
  result.notes.push_back(fmt::format("{}: observed events are '{}', backgrounds are '{}'", source,
                                     yields.processes[*observed.index], yields.processes[*background.index]));
  ErrorCensus census;
  for (std::size_t r = 0; r < yields.regions.size(); ++r) {
    const HepdataCell& n = *yields.cells[*observed.index][r];
    const HepdataCell& b = *yields.cells[*background.index][r];
    const auto count = parse_number(n.value), expected = parse_number(b.value);
    for (const auto& [number, cell, what] :
         {std::tuple(count, &n, "observed events"), std::tuple(expected, &b, "a background")}) {
      if (number) continue;
      errors.push_back(
          problem(ErrorCode::schema, source,
                  fmt::format("region '{}' has no number of {}: '{}'", yields.regions[r], what, cell->value)));
    }
    const std::optional<double> error = total_error(b, expected.value_or(0.0), census);
    if (!error) {
      errors.push_back(
          problem(ErrorCode::schema, source,
                  fmt::format("an error of the background of region '{}' is no number", yields.regions[r])));
    }
    result.experiments.regions.push_back({.name = yields.regions[r],
                                          .observed = count.value_or(0.0),
                                          .background = expected.value_or(0.0),
                                          .uncertainty = error.value_or(0.0)});
  }
  if (!errors.empty()) return errors;
  if (census.n_asymmetric > 0) {
    result.notes.push_back(
        fmt::format("{}: {} regions have asymmetric errors, of which the mean is taken", source, census.n_asymmetric));
  }
  if (census.n_without > 0) {
    result.notes.push_back(fmt::format("{}: {} of {} regions have no error of the background", source, census.n_without,
                                       yields.regions.size()));
  }
  if (Errors wrong = spec::validate(spec::Publication{result.experiments}, source); !wrong.empty()) return wrong;
  return result;
}

// ---- matrices

namespace {

struct Entry {
  std::optional<double> value;
  double unit = 0.0;  ///< of its last digit
};

class MatrixReader {
 public:
  MatrixReader(const HepdataTable& table, const TableOptions& options)
      : table_(table), source_(options.matrix_source), wanted_(options.matrix) {}

  Result<TableMatrix> read() {
    if (table_.independent.size() != 2 || table_.dependent.empty()) {
      return problem(ErrorCode::schema, source_,
                     fmt::format("a matrix is a table of two independent variables, not {}", table_.independent.size()),
                     "a row for each pair of regions, with their labels and the entry");
    }
    if (table_.dependent.size() > 1) {
      return problem(ErrorCode::schema, source_,
                     fmt::format("a matrix has one column of entries, not {}", table_.dependent.size()));
    }
    collect_labels();
    if (!fill()) return errors_;
    complete();
    if (!errors_.empty()) return errors_;
    symmetrise();
    if (!errors_.empty()) return errors_;
    result_.kind = kind();
    if (result_.kind == TableMatrixKind::correlation) check_ones();
    if (!errors_.empty()) return errors_;
    return std::move(result_);
  }

 private:
  std::size_t size() const { return result_.labels.size(); }
  Entry& entry(std::size_t i, std::size_t j) { return entries_[i * size() + j]; }

  /// In the order in which they appear.
  void collect_labels() {
    const auto add = [&](const HepdataCell& cell) {
      const std::string label = label_of(cell);
      if (index_.emplace(label, result_.labels.size()).second) result_.labels.push_back(label);
    };
    for (std::size_t r = 0; r < table_.n_rows(); ++r) {
      add(table_.independent[0].cells[r]);
      add(table_.independent[1].cells[r]);
    }
  }

  bool fill() {
    const std::size_t n_rows = table_.n_rows();
    // Every label costs a row and a column: a table with more labels than rows cannot be complete, and is not filled
    // in.
    if (size() > n_rows) {
      errors_.push_back(problem(ErrorCode::schema, source_,
                                fmt::format("{} rows cannot fill a matrix of {} labels", n_rows, size())));
      return false;
    }
    if (n_not_given(size(), n_rows) > 0) {
      errors_.push_back(problem(ErrorCode::schema, source_,
                                fmt::format("{} labels need {} entries, or {} of one triangle, but there are {} rows",
                                            size(), size() * size(), triangle_size(size()), n_rows),
                                "the two independent variables must use the same labels"));
      return false;
    }
    entries_.resize(size() * size());
    for (std::size_t r = 0; r < n_rows; ++r) {
      const std::string row = label_of(table_.independent[0].cells[r]);
      const std::string column = label_of(table_.independent[1].cells[r]);
      const HepdataCell& cell = table_.dependent[0].cells[r];
      if (is_missing(cell)) continue;
      const std::optional<double> value = parse_number(cell.value);
      if (!value) {
        errors_.push_back(problem(ErrorCode::schema, source_, fmt::format("row {}: '{}' is no number", r, cell.value)));
        continue;
      }
      Entry& e = entry(index_.at(row), index_.at(column));
      if (e.value) {
        errors_.push_back(problem(ErrorCode::schema, source_,
                                  fmt::format("row {}: there is already an entry for '{}' and '{}'", r, row, column)));
      }
      e = {value, printed_unit(cell.value)};
    }
    return errors_.empty();
  }

  /// One triangle stands for both.
  void complete() {
    std::size_t n_upper = 0, n_lower = 0, n_missing = 0;
    std::string first_missing;
    for (std::size_t i = 0; i < size(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        Entry& lower = entry(i, j);
        Entry& upper = entry(j, i);
        if (!lower.value && !upper.value) {
          if (n_missing++ == 0) {
            first_missing = fmt::format("'{}' and '{}'", result_.labels[i], result_.labels[j]);
          }
        } else if (!lower.value) {
          lower = upper;
          ++n_upper;
        } else if (!upper.value) {
          upper = lower;
          ++n_lower;
        }
      }
    }
    const std::size_t n_pairs = size() * (size() - 1) / 2;
    if (n_missing > 0) {
      errors_.push_back(
          problem(ErrorCode::schema, source_,
                  fmt::format("{} entries are missing; the first one is that of {}", n_missing, first_missing)));
    } else if (n_upper + n_lower > 0) {
      result_.notes.push_back(fmt::format("{}: {} of {} pairs are given once and taken for both sides", source_,
                                          n_upper + n_lower, n_pairs));
    }
  }

  void symmetrise() {
    result_.matrix = {size(), std::vector<double>(size() * size())};
    std::size_t n_rounded = 0;
    double largest = 0.0;
    for (std::size_t i = 0; i < size(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const Entry &a = entry(i, j), &b = entry(j, i);
        const double mean = *a.value == *b.value ? *a.value : 0.5 * (*a.value + *b.value);
        result_.matrix(i, j) = result_.matrix(j, i) = mean;
        const double difference = std::abs(*a.value - *b.value);
        if (difference == 0.0) continue;
        // Both are rounded, to half a unit each; a number of fewer digits may have lost its zeros.
        constexpr double slack = 1.0 + 1e-6;  // of the subtraction
        const double scale = std::sqrt(std::abs(*entry(i, i).value * *entry(j, j).value));
        if (difference > std::min(a.unit, b.unit) * slack || difference > largest_rounding * scale) {
          report_asymmetry(i, j, *a.value, *b.value);
          continue;
        }
        ++n_rounded;
        largest = std::max(largest, difference);
      }
    }
    if (n_asymmetric_ > 1) {
      errors_.back().message += fmt::format(", and {} more pairs differ", n_asymmetric_ - 1);
    }
    if (n_rounded > 0) {
      result_.notes.push_back(
          fmt::format("{}: {} pairs of entries differ by rounding, by {:g} at most: their mean is taken", source_,
                      n_rounded, largest));
    }
  }

  /// The first one stands for all.
  void report_asymmetry(std::size_t i, std::size_t j, double a, double b) {
    if (n_asymmetric_++ > 0) return;
    errors_.push_back(problem(
        ErrorCode::schema, source_,
        fmt::format("the matrix is not symmetric: the entry of '{}' and '{}' is {}, the other way round it is {}",
                    result_.labels[i], result_.labels[j], a, b)));
  }

  TableMatrixKind kind() {
    if (wanted_ != TableMatrixKind::automatic) return wanted_;
    const std::string text = lower_case(table_.dependent[0].name + " " + table_.name);
    const bool says_correlation = text.find("correlation") != std::string::npos;
    const bool says_covariance = text.find("covariance") != std::string::npos;
    if (says_correlation != says_covariance) {
      return says_correlation ? TableMatrixKind::correlation : TableMatrixKind::covariance;
    }
    bool has_ones = true;
    for (std::size_t i = 0; i < size(); ++i) has_ones = has_ones && result_.matrix(i, i) == 1.0;
    result_.notes.push_back(fmt::format("{}: taken for {} because {} entries of the diagonal are 1", source_,
                                        has_ones ? "correlations" : "a covariance", has_ones ? "all" : "not all"));
    return has_ones ? TableMatrixKind::correlation : TableMatrixKind::covariance;
  }

  /// The first entry of a diagonal that is not that of correlations stands for all.
  void check_ones() {
    for (std::size_t i = 0; i < size(); ++i) {
      const double value = result_.matrix(i, i);
      // Digits may be cut off: a whole unit.
      const double rounding = std::clamp(entry(i, i).unit, arithmetic_of_one, largest_rounding);
      if (std::abs(value - 1.0) <= rounding + arithmetic_of_one) continue;
      errors_.push_back(
          problem(ErrorCode::schema, source_,
                  fmt::format("the correlation of '{}' with itself is {}, not 1", result_.labels[i], value),
                  "are they in per cent? Then divide by 100; a covariance is read with --matrix covariance"));
      return;
    }
  }

  const HepdataTable& table_;
  const std::string& source_;
  TableMatrixKind wanted_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Entry> entries_;
  std::size_t n_asymmetric_ = 0;
  Errors errors_;
  TableMatrix result_;
};

}  // namespace

Result<TableMatrix> matrix_from_table(const HepdataTable& table, const TableOptions& options) {
  return MatrixReader(table, options).read();
}

// ---- maps

Result<TablePoints> points_from_table(const HepdataTable& table, std::string_view column,
                                      std::string_view source_name) {
  const std::string source(source_name);
  std::vector<std::string> names;
  for (const HepdataColumn& c : table.dependent) names.push_back(c.name);
  const auto found = std::find(names.begin(), names.end(), column);
  if (column.empty() ? names.size() != 1 : found == names.end()) {
    return problem(ErrorCode::reference, source,
                   column.empty() ? fmt::format("the table has {} columns of values", names.size())
                                  : fmt::format("there is no column called '{}'", column),
                   hint_for_unknown(column, names));
  }
  const HepdataColumn& values = table.dependent[column.empty() ? 0 : static_cast<std::size_t>(found - names.begin())];
  TablePoints points{.unit = values.unit};
  for (const HepdataColumn& axis : table.independent) points.axes.push_back(axis.name);
  Errors errors;
  for (std::size_t r = 0; r < table.n_rows(); ++r) {
    if (is_missing(values.cells[r])) {
      ++points.n_missing;
      continue;
    }
    const std::optional<double> value = parse_number(values.cells[r].value);
    std::vector<double> point;
    for (const HepdataColumn& axis : table.independent) {
      if (const std::optional<double> x = coordinate(axis.cells[r])) point.push_back(*x);
    }
    if (!value || point.size() != table.independent.size()) {
      errors.push_back(
          problem(ErrorCode::schema, source,
                  fmt::format("row {}: '{}' is no number", r,
                              value ? label_of(table.independent[point.size()].cells[r]) : values.cells[r].value)));
      if (errors.size() >= 100) return errors;  // nobody reads more
      continue;
    }
    points.points.push_back(std::move(point));
    points.values.push_back(*value);
  }
  if (!errors.empty()) return errors;
  return points;
}

// ---- likelihoods

namespace {

/// Bins are numbers too: "0.0 - 1.0".
std::optional<double> number_of(const std::string& label) { return parse_number(label.substr(0, label.find(" - "))); }

/// Positions in the order of their numbers; nothing where a label is none, or where two are equal.
std::optional<std::vector<std::size_t>> in_order(const std::vector<std::string>& labels) {
  std::vector<std::pair<double, std::size_t>> numbers;
  for (const std::string& label : labels) {
    const std::optional<double> number = number_of(label);
    if (!number) return std::nullopt;
    numbers.emplace_back(*number, numbers.size());
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && numbers[i].first == numbers[i - 1].first) return std::nullopt;
    positions.push_back(numbers[i].second);
  }
  return positions;
}

/// Each hint compares a name with all others.
constexpr std::size_t most_hints = 10;

/// For each region, the row of the matrix.
Result<std::vector<std::size_t>> match(const std::vector<spec::CountingRegion>& regions, const TableMatrix& matrix,
                                       const TableOptions& options, std::vector<std::string>& notes) {
  const std::size_t n = regions.size();
  std::vector<std::size_t> rows(n);
  if (matrix.labels.size() != n) {
    return problem(ErrorCode::schema, options.matrix_source,
                   fmt::format("the matrix has {} labels, but there are {} regions in {}", matrix.labels.size(), n,
                               options.yields_source));
  }
  Errors errors;
  for (std::size_t i = 0; i < n; ++i) {
    const auto found = std::find(matrix.labels.begin(), matrix.labels.end(), regions[i].name);
    if (found != matrix.labels.end()) {
      rows[i] = static_cast<std::size_t>(found - matrix.labels.begin());
    } else {
      errors.push_back(problem(ErrorCode::reference, options.matrix_source,
                               fmt::format("the matrix has no label '{}'", regions[i].name),
                               errors.size() < most_hints ? hint_for_unknown(regions[i].name, matrix.labels) : ""));
    }
  }
  if (errors.empty()) return rows;
  // Heat maps are published over bin numbers (0.5, 1.5, …), from top to bottom or from bottom to top.
  const auto order = in_order(matrix.labels);
  if (errors.size() < n || !order) return errors;
  std::vector<std::string> names;
  for (const spec::CountingRegion& region : regions) names.push_back(region.name);
  if (const auto of_regions = in_order(names); of_regions && !std::is_sorted(of_regions->begin(), of_regions->end())) {
    return errors;  // regions are numbers in another order, which may be that of the matrix
  }
  notes.push_back(
      fmt::format("{}: labels are numbers (from {} on), so in ascending order they are matched with the "
                  "regions of {} by position",
                  options.matrix_source, matrix.labels[order->front()], options.yields_source));
  return *order;
}

/// Errors of the yields beside the diagonal of a covariance: a large difference means that one of them is something
/// else (a covariance of relative errors, post-fit beside pre-fit).
constexpr double large_disagreement = 0.2;

void compare_diagonal(const std::vector<spec::CountingRegion>& regions, const SquareMatrix& covariance,
                      std::vector<std::string>& notes) {
  double largest = 0.0;
  std::size_t worst = 0, n_large = 0;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (regions[i].uncertainty <= 0.0) continue;
    const double ratio = std::sqrt(std::max(0.0, covariance(i, i))) / regions[i].uncertainty;
    const double off = std::abs(ratio - 1.0);
    if (off > large_disagreement) ++n_large;
    if (off > largest) std::tie(largest, worst) = std::tuple(off, i);
  }
  if (n_large == 0) return;
  notes.push_back(
      fmt::format("the covariance gives region '{}' an uncertainty of {:g}, the table of yields {:g}; {} regions "
                  "differ by more than "
                  "{:g}%. The covariance is used",
                  regions[worst].name, std::sqrt(covariance(worst, worst)), regions[worst].uncertainty, n_large,
                  100.0 * large_disagreement));
}

}  // namespace

Result<NotedPublication> publication_from_tables(const HepdataTable& yields_table,
                                                 const std::optional<HepdataTable>& matrix_table,
                                                 const TableOptions& options) {
  Result<TableYields> yields = yields_from_table(yields_table, options);
  Errors errors;
  if (!yields) errors = yields.errors();
  if (!matrix_table) {
    if (!errors.empty()) return errors;
    for (const spec::CountingRegion& region : yields->experiments.regions) {
      if (region.uncertainty > 0.0) {
        return NotedPublication{{std::move(yields->experiments)}, std::move(yields->notes)};
      }
    }
    return problem(ErrorCode::schema, options.yields_source, "no background has an error",
                   "without a covariance, uncertainties must come with the yields");
  }
  Result<TableMatrix> matrix = matrix_from_table(*matrix_table, options);
  if (!matrix) errors.insert(errors.end(), matrix.errors().begin(), matrix.errors().end());
  if (!errors.empty()) return errors;
  std::vector<std::string> notes = std::move(yields->notes);
  notes.insert(notes.end(), matrix->notes.begin(), matrix->notes.end());
  const std::vector<spec::CountingRegion>& regions = yields->experiments.regions;
  const auto rows = match(regions, *matrix, options, notes);
  if (!rows) return rows.errors();

  const std::size_t n = regions.size();
  spec::SimplifiedLikelihood s{.name = yields->experiments.name, .covariance = {n, std::vector<double>(n * n)}};
  const bool is_correlation = matrix->kind == TableMatrixKind::correlation;
  for (std::size_t i = 0; i < n; ++i) {
    s.regions.push_back({regions[i].name, regions[i].observed, regions[i].background});
    if (is_correlation && regions[i].uncertainty <= 0.0) {
      errors.push_back(problem(ErrorCode::schema, options.yields_source,
                               fmt::format("the background of region '{}' has no error", regions[i].name),
                               "correlations need the uncertainties that they are between"));
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double scale = is_correlation ? regions[i].uncertainty * regions[j].uncertainty : 1.0;
      s.covariance(i, j) = matrix->matrix((*rows)[i], (*rows)[j]) * scale;
    }
  }
  if (!errors.empty()) return errors;
  if (!is_correlation) compare_diagonal(regions, s.covariance, notes);
  spec::Publication publication{std::move(s)};
  if (Errors wrong = spec::validate(publication, options.matrix_source); !wrong.empty()) return wrong;
  return NotedPublication{std::move(publication), std::move(notes)};
}

}  // namespace relume::formats
