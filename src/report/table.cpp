// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::Discovery;
using infer::FitResult;
using infer::HypoTest;
using infer::Limit;
using model::Likelihood;

namespace {

/// Code points, so that names beyond ASCII line up too.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool looks_like_number(std::string_view text) {
  return !text.empty() && (text == "-" || (text.find_first_not_of("0123456789+-.e") == std::string_view::npos) ||
                           text == "nan" || text == "inf" || text == "-inf");
}

std::string poi_name(const Likelihood& likelihood) {
  const auto poi = likelihood.poi();
  return poi ? likelihood.parameters()[poi->index].name : "-";
}

std::string format_status(std::string_view status, std::string_view reason) {
  return reason.empty() || reason == status ? std::string(status) : fmt::format("{}: {}", status, reason);
}

std::string if_usable(double value, bool usable) { return usable ? format_number(value) : "-"; }

template <class Value>
std::string band_table(const char* what, const std::string& observed, const std::array<Value, 5>& expected) {
  std::vector<std::string> titles = {what, "observed"}, row = {"", observed};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    titles.emplace_back(band_titles[i]);
    row.push_back(format_number(expected[i]));
  }
  Table table(std::move(titles));
  table.add(std::move(row));
  return table.text();
}

}  // namespace

std::string format_number(double value) { return fmt::format("{:.6g}", value); }
std::string format_number(const std::optional<double>& value) { return value ? format_number(*value) : "-"; }

std::string format_notes(std::span<const std::string> notes) {
  std::string text;
  for (const std::string& note : notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  std::vector<char> is_numeric;
  const auto measure = [&](const std::vector<std::string>& row, bool is_title) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    is_numeric.resize(widths.size(), 1);
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
      if (!is_title && !row[i].empty() && !looks_like_number(row[i])) is_numeric[i] = 0;
    }
  };
  measure(titles_, true);
  for (const auto& row : rows_) measure(row, false);
  if (!is_numeric.empty()) is_numeric[0] = 0;

  std::string text;
  const auto write = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      const std::string padding(widths[i] - width(row[i]), ' ');
      line += is_numeric[i] ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  if (!titles_.empty()) {
    write(titles_);
    std::vector<std::string> rule;
    for (const std::size_t w : widths) rule.emplace_back(w, '-');
    write(rule);
  }
  for (const auto& row : rows_) write(row);
  return text;
}

std::string to_table(const FitResult& fit, const Likelihood& likelihood, std::span<const std::string> notes) {
  const minimize::Minimum& minimum = fit.minimum;
  Table head;
  head.add({"status", format_status(minimize::to_string(minimum.status), minimum.reason)});
  head.add({"-2 ln L", fmt::format("{:.10g}", fit.twice_nll)});
  head.add({"gradient",
            fmt::format("{:.2g} (largest, in units of the pre-fit sigma: {})", minimum.certificate.projected_gradient,
                        likelihood.parameters()[minimum.certificate.worst_parameter].name)});
  head.add({"distance", fmt::format("{:.2g} (expected, to the minimum)", minimum.certificate.edm)});
  head.add({"iterations", fmt::format("{} in {:.3g} s", minimum.counts.iterations, minimum.seconds)});

  std::vector<std::string> remarks(likelihood.parameters().size());
  const auto remark = [&](const std::vector<std::uint32_t>& which, const char* text) {
    for (const std::uint32_t i : which) remarks[i] = text;
  };
  remark(minimum.at_lower, "at lower bound");
  remark(minimum.at_upper, "at upper bound");
  remark(minimum.at_kink, "at a kink");
  Table table({"parameter", "value", "uncertainty", ""});
  for (std::size_t i = 0; i < remarks.size(); ++i) {
    table.add({likelihood.parameters()[i].name, format_number(minimum.x[i]),
               fit.uncertainties.empty() ? "-" : format_number(fit.uncertainties[i]), remarks[i]});
  }
  std::string text = head.text() + '\n' + table.text();
  if (!fit.covariance_problem.empty()) text += fmt::format("note: no uncertainties: {}\n", fit.covariance_problem);
  if (!minimum.edge.empty()) text += fmt::format("note: held at rate >= 0: {}\n", minimum.edge);
  return text + format_notes(notes) + format_notes(fit.notes);
}

std::string to_table(const HypoTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  Table head;
  head.add({"status", format_status(infer::to_string(test.status), test.reason)});
  head.add({"tested", fmt::format("{} = {}", poi_name(likelihood), format_number(test.poi))});
  head.add({"best fit", fmt::format("{} = {}", poi_name(likelihood), if_usable(test.mu_hat, usable))});
  head.add({"statistic", fmt::format("{} = {} (Asimov {})", infer::to_string(test.statistic), if_usable(test.q, usable),
                                     if_usable(test.q_asimov, usable))});
  head.add({"expected", fmt::format("from {} Asimov data", infer::to_string(test.asimov))});
  const char* what = test.statistic == infer::TestStatistic::q0 ? "p-value" : "CLs";
  std::array<std::optional<double>, 5> expected;
  if (usable) {
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = p_value(test, test.expected[i]);
  }
  return head.text() + '\n' + band_table(what, if_usable(p_value(test, test.observed), usable), expected) +
         format_notes(test.notes);
}

std::string to_table(const Limit& limit, const Likelihood& likelihood,
                     const std::optional<spec::CrossSection>& cross_section) {
  Table head;
  head.add({"status", format_status(infer::to_string(limit.status), limit.reason)});
  head.add({"limit on", fmt::format("{} at {:.6g} % confidence level", poi_name(likelihood), 100.0 * limit.level)});
  head.add({"best fit", fmt::format("{} = {}", poi_name(likelihood), if_usable(limit.mu_hat, limit.is_usable()))});
  head.add({"statistic", std::string(infer::to_string(limit.statistic))});
  head.add({"expected", fmt::format("from {} Asimov data", infer::to_string(limit.asimov))});
  std::string text = head.text() + '\n' + band_table("upper limit", format_number(limit.observed), limit.expected);
  if (cross_section) {
    const double fb = in_femtobarn(*cross_section);
    const auto scaled = [&](std::optional<double> value) { return value ? std::optional(*value * fb) : value; };
    std::array<std::optional<double>, 5> expected;
    std::transform(limit.expected.begin(), limit.expected.end(), expected.begin(), scaled);
    text += '\n' + band_table("in fb", format_number(scaled(limit.observed)), expected);
  }
  return text + format_notes(limit.notes);
}

std::string to_table(const Discovery& discovery, const Likelihood& likelihood) {
  const bool usable = discovery.is_usable();
  Table head;
  head.add({"status", format_status(infer::to_string(discovery.status), discovery.reason)});
  head.add({"best fit", fmt::format("{} = {}", poi_name(likelihood), if_usable(discovery.mu_hat, usable))});
  head.add({"expected",
            fmt::format("for {} = 1, from {} Asimov data", poi_name(likelihood), infer::to_string(discovery.asimov))});
  Table table({"discovery", "observed", "expected"});
  table.add(
      {"significance", if_usable(discovery.significance, usable), if_usable(discovery.significance_expected, usable)});
  table.add({"p-value", if_usable(discovery.p0, usable), if_usable(discovery.p0_expected, usable)});
  table.add({"q0", if_usable(discovery.q0, usable), if_usable(discovery.q0_asimov, usable)});
  return head.text() + '\n' + table.text() + format_notes(discovery.notes);
}

}  // namespace relume::report
