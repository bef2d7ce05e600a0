// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "scan.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "interrupt.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "relume/base/parallel.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

struct Point {
  std::optional<PointResult> result;
  std::string status = "interrupted", reason = "not started";  ///< when there is no result
  Errors model_errors;                                         ///< patched, but no model comes of it
};

std::string join(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += (text.empty() ? "" : "; ") + to_string(error);
  return text;
}

std::string value_text(const Json& value) {
  if (value.is_number()) return report::format_number(spec::as_double(value));
  return value.string() != nullptr ? *value.string() : "-";
}

/// When nothing but the options or the workspace can be at fault, this is an error of the input and not of the points.
void throw_if_no_model_was_built(const std::vector<Point>& points) {
  Errors errors;
  for (const Point& point : points) {
    if (point.model_errors.empty()) return;
    for (const Error& error : point.model_errors) {
      if (std::find(errors.begin(), errors.end(), error) == errors.end()) errors.push_back(error);
    }
  }
  if (!errors.empty()) throw Exception(std::move(errors));
}

JsonObject point_to_json(const spec::Patch& patch, Point point, const Scan& scan) {
  JsonObject object;
  object.emplace_back("name", patch.name);
  object.emplace_back("values", JsonArray(patch.values.begin(), patch.values.end()));
  if (point.result) {
    std::move(point.result->json.begin(), point.result->json.end(), std::back_inserter(object));
    return object;
  }
  object.insert(object.end(), scan.without_result.begin(), scan.without_result.end());
  object.emplace_back("status", point.status);
  object.emplace_back("reason", point.reason);
  object.emplace_back("notes", JsonArray{});
  return object;
}

std::string to_table(const spec::PatchSet& patchset, const std::vector<Point>& points, const Scan& scan,
                     const std::vector<std::string>& notes) {
  std::vector<std::string> titles = {"point"};
  titles.insert(titles.end(), patchset.labels.begin(), patchset.labels.end());
  titles.insert(titles.end(), scan.columns.begin(), scan.columns.end());
  titles.emplace_back("status");
  report::Table table(std::move(titles));
  std::string reasons;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::optional<PointResult>& result = points[i].result;
    if (!result || !result->is_usable) {
      reasons += fmt::format("{}: {}\n", patchset.patches[i].name, result ? result->reason : points[i].reason);
    }
    std::vector<std::string> row = {patchset.patches[i].name};
    for (const Json& value : patchset.patches[i].values) row.push_back(value_text(value));
    if (points[i].result)
      row.insert(row.end(), points[i].result->numbers.begin(), points[i].result->numbers.end());
    else
      row.insert(row.end(), scan.columns.size(), "-");
    row.push_back(points[i].result ? points[i].result->status : points[i].status);
    table.add(std::move(row));
  }
  return table.text() + reasons + report::format_notes(notes);
}

}  // namespace

int run_scan(const Arguments& arguments, const Input& input, const Scan& scan) {
  const spec::PatchSet& patchset = *input.patchset;
  const std::string source = source_name(arguments.text(options::patchset));
  if (patchset.patches.empty()) {
    throw Exception({{ErrorCode::model, source, "the patchset has no points", {}}});
  }
  const auto& workspace = std::get<spec::Workspace>(input.publication.value);
  const ModelSettings settings = model_settings(arguments);
  const std::atomic<bool>& stop = catch_interrupts();
  std::vector<Point> points(patchset.patches.size());
  {
    ProgressBar progress(points.size());
    const auto ask = [&](spec::Publication publication, Point& point) {
      const auto model = build_with_poi(std::move(publication), settings);
      if (model) {
        point.result = scan.ask(*model, stop);
        return;
      }
      point.status = "model_failed";
      point.reason = join(model.errors());
      point.model_errors = model.errors();
    };
    const auto answer = [&](std::size_t i) {
      if (stop.load(std::memory_order_relaxed)) return;
      Point& point = points[i];
      const spec::Patch& patch = patchset.patches[i];
      auto patched =
          formats::apply_patch(workspace, patch.operations, fmt::format("{}, point '{}'", source, patch.name));
      if (!patched) {
        point.status = "patch_failed";
        point.reason = join(patched.errors());
      } else {
        try {
          ask({*std::move(patched)}, point);
        } catch (const UnusableModel& failure) {
          point.status = infer::to_string(failure.status);
          point.reason = failure.what();
        }
      }
      progress.step();
    };
    for_each_in_parallel(points.size(), static_cast<std::size_t>(arguments.integer(options::jobs)),
                         [&] { return answer; });
  }
  throw_if_no_model_was_built(points);

  const auto n_usable =
      std::count_if(points.begin(), points.end(), [](const Point& p) { return p.result && p.result->is_usable; });
  const bool is_interrupted =
      stop.load(std::memory_order_relaxed) && std::any_of(points.begin(), points.end(), [](const Point& p) {
        return p.result ? p.result->is_interrupted : p.status == "interrupted";
      });
  std::string table =
      arguments.text(options::format) == "table" ? to_table(patchset, points, scan, input.notes) : std::string();
  JsonArray results;
  for (std::size_t i = 0; i < points.size(); ++i)
    results.emplace_back(point_to_json(patchset.patches[i], std::move(points[i]), scan));
  JsonObject object;
  object.emplace_back("results", std::move(results));
  object.emplace_back("labels", report::to_json(patchset.labels));
  object.emplace_back("description", patchset.description);
  object.emplace_back("n_points", points.size());
  object.emplace_back("n_usable", static_cast<std::int64_t>(n_usable));
  object.emplace_back("notes", report::to_json(input.notes));
  write_result(arguments, options::format, object, [&] { return table; });
  if (is_interrupted) return exit_code::interrupted;
  return draw_picture(arguments, "limits", object, n_usable > 0 ? exit_code::ok : exit_code::not_usable);
}

}  // namespace relume::cli
