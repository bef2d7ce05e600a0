// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/intervals.hpp"

#include <cmath>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::Interval;
using infer::Intervals;
using infer::ProfileScan;
using infer::ScanPoint;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

const std::string& name_of(const Likelihood& likelihood, ParamId parameter) {
  return likelihood.parameters()[parameter.index].name;
}

}  // namespace

JsonObject to_json(const ProfileScan& scan, const Likelihood& likelihood) {
  JsonArray points;
  for (const ScanPoint& p : scan.points) {
    JsonObject point;
    point.emplace_back("value", p.value);
    point.emplace_back("twice_delta_nll", or_null(p.twice_delta_nll, scan.is_usable()));
    if (!p.reason.empty()) point.emplace_back("reason", p.reason);
    points.emplace_back(std::move(point));
  }
  JsonObject object;
  object.emplace_back("parameter", name_of(likelihood, scan.parameter));
  object.emplace_back("best", or_null(scan.best, scan.is_usable()));
  object.emplace_back("twice_nll", or_null(scan.twice_nll, scan.is_usable()));
  object.emplace_back("points", std::move(points));
  add_ending(object, scan);
  return object;
}

JsonObject to_json(const Intervals& intervals, const Likelihood& likelihood) {
  JsonArray list;
  for (const Interval& i : intervals.is_usable() ? intervals.intervals : std::vector<Interval>{}) {
    JsonObject entry;
    entry.emplace_back("parameter", name_of(likelihood, i.parameter));
    entry.emplace_back("best", i.best);
    entry.emplace_back("lower", or_null(i.lower));
    entry.emplace_back("upper", or_null(i.upper));
    if (!i.lower_reason.empty()) entry.emplace_back("lower_reason", i.lower_reason);
    if (!i.upper_reason.empty()) entry.emplace_back("upper_reason", i.upper_reason);
    list.emplace_back(std::move(entry));
  }
  JsonObject object;
  object.emplace_back("height", intervals.height);
  object.emplace_back("twice_nll", or_null(intervals.twice_nll, intervals.is_usable()));
  object.emplace_back("intervals", std::move(list));
  add_ending(object, intervals);
  return object;
}

std::string to_table(const ProfileScan& scan, const Likelihood& likelihood) {
  Table head;
  head.add({"status", status_text(scan)});
  if (!scan.is_usable()) return head.text() + format_notes(scan.notes);
  head.add({"best fit", fmt::format("{} = {}", name_of(likelihood, scan.parameter), format_number(scan.best))});
  head.add({"-2 ln L", fmt::format("{:.10g}", scan.twice_nll)});
  Table table({name_of(likelihood, scan.parameter), "-2 delta ln L"});
  std::string reasons;
  for (const ScanPoint& p : scan.points) {
    const bool is_known = std::isfinite(p.twice_delta_nll);
    table.add({format_number(p.value), is_known ? format_number(p.twice_delta_nll) : "-"});
    if (!is_known) reasons += fmt::format("{}: {}\n", format_number(p.value), p.reason);
  }
  return head.text() + '\n' + table.text() + reasons + format_notes(scan.notes);
}

std::string to_table(const Intervals& intervals, const Likelihood& likelihood) {
  Table head;
  head.add({"status", status_text(intervals)});
  if (!intervals.is_usable()) return head.text() + format_notes(intervals.notes);
  head.add({"-2 ln L",
            fmt::format("{:.10g} at the minimum, {:g} above it at the ends", intervals.twice_nll, intervals.height)});
  Table table({"parameter", "best", "minus", "plus", "lower", "upper", ""});
  for (const Interval& i : intervals.intervals) {
    const auto distance = [&](const std::optional<double>& end) {
      return end ? format_number(std::fabs(*end - i.best)) : std::string("-");
    };
    std::string why = i.lower_reason.empty() ? "" : "lower: " + i.lower_reason;
    if (!i.upper_reason.empty()) why += (why.empty() ? "upper: " : "; upper: ") + i.upper_reason;
    table.add({name_of(likelihood, i.parameter), format_number(i.best), distance(i.lower), distance(i.upper),
               format_number(i.lower), format_number(i.upper), why});
  }
  return head.text() + '\n' + table.text() + format_notes(intervals.notes);
}

}  // namespace relume::report
