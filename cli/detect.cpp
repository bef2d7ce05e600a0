// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/formats/publication.hpp"

namespace relume::cli {
namespace {

struct Found {
  std::string file;
  formats::Detected detected;
};

spec::Json to_json(const Found& found) {
  const formats::Detected& d = found.detected;
  spec::JsonObject object{{"file", source_name(found.file)},
                          {"format", formats::to_string(d.format)},
                          {"kind", d.kind.empty() ? spec::Json() : spec::Json(d.kind)},
                          {"holds", d.description},
                          {"missing", d.missing.empty() ? spec::Json() : spec::Json(d.missing)}};
  object.emplace_back("notes", spec::JsonArray(d.notes.begin(), d.notes.end()));
  spec::JsonArray problems;
  for (const Error& error : d.errors) problems.emplace_back(to_string(error));
  object.emplace_back("problems", std::move(problems));
  return object;
}

std::string to_text(const Found& found) {
  constexpr std::size_t shown = 5;
  const formats::Detected& d = found.detected;
  std::string text =
      fmt::format("{}\n  {}: {}\n", source_name(found.file), formats::to_string(d.format), d.description);
  if (!d.kind.empty()) text += fmt::format("  likelihood of kind '{}'\n", d.kind);
  if (!d.missing.empty()) text += fmt::format("  missing: {}\n", d.missing);
  for (const std::string& note : d.notes) text += fmt::format("  note: {}\n", note);
  for (std::size_t i = 0; i < std::min(shown, d.errors.size()); ++i) {
    text += fmt::format("  problem: {}\n", to_string(d.errors[i]));
  }
  if (d.errors.size() > shown) text += fmt::format("  and {} more problems\n", d.errors.size() - shown);
  return text;
}

}  // namespace

int run_detect(const Arguments& arguments) {
  refuse_shared_standard_input(arguments.positionals);
  std::vector<Found> all;
  bool all_are_known = true;
  for (const std::string& name : arguments.positionals) {
    auto detected = formats::detect_input(name);
    // A file that cannot be opened is reported like one that says nothing, so that the others are still told.
    Found found{name, detected
                          ? *std::move(detected)
                          : formats::Detected{.description = "nothing that can be read", .errors = detected.errors()}};
    all_are_known = all_are_known && found.detected.format != formats::Format::unknown && found.detected.errors.empty();
    all.push_back(std::move(found));
  }
  spec::JsonArray list;
  for (const Found& found : all) list.push_back(to_json(found));
  write_result(arguments, options::inspect_format, {{"files", std::move(list)}}, [&] {
    std::string text;
    for (const Found& found : all) text += to_text(found);
    return text;
  });
  return all_are_known ? exit_code::ok : exit_code::input;
}

}  // namespace relume::cli
