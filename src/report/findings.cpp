// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/findings.hpp"

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using spec::JsonArray;
using spec::JsonObject;

namespace {

JsonObject place_to_json(const check::Place& place) {
  JsonObject object;
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) object.emplace_back(key, text);
  };
  add("pointer", place.pointer);
  add("channel", place.channel);
  add("sample", place.sample);
  add("other_sample", place.other_sample);
  add("modifier", place.modifier);
  add("other_modifier", place.other_modifier);
  add("type", place.type);
  if (place.bin) object.emplace_back("bin", *place.bin);
  if (!place.parameters.empty()) object.emplace_back("parameters", to_json(place.parameters));
  if (!place.numbers.empty()) {
    JsonObject numbers;
    for (const auto& [what, value] : place.numbers) numbers.emplace_back(what, value);
    object.emplace_back("numbers", std::move(numbers));
  }
  return object;
}

std::string count(std::size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

}  // namespace

JsonArray findings_to_json(const check::Findings& findings) {
  JsonArray list;
  for (const check::Finding& finding : findings.list) {
    JsonArray places;
    for (const check::Place& place : finding.places) places.emplace_back(place_to_json(place));
    JsonObject object;
    object.emplace_back("check", finding.check);
    object.emplace_back("severity", check::to_string(finding.severity));
    object.emplace_back("message", finding.message);
    object.emplace_back("advice", finding.advice);
    object.emplace_back("count", finding.count);
    object.emplace_back("places", std::move(places));
    list.emplace_back(std::move(object));
  }
  return list;
}

JsonObject to_json(const check::Findings& findings, std::span<const std::string> notes) {
  JsonObject object;
  const auto worst = findings.worst();
  object.emplace_back("worst", worst ? spec::Json(check::to_string(*worst)) : spec::Json(nullptr));
  object.emplace_back("n_errors", findings.n_errors);
  object.emplace_back("n_warnings", findings.n_warnings);
  object.emplace_back("n_notes", findings.n_notes);
  object.emplace_back("findings", findings_to_json(findings));
  object.emplace_back("notes", to_json(notes));
  return object;
}

std::string to_table(const check::Findings& findings, std::span<const std::string> notes) {
  if (findings.list.empty()) return "nothing odd was found\n" + format_notes(notes);
  std::string text;
  for (const check::Finding& finding : findings.list) {
    text += fmt::format("{:<7}  {} ({}): {}\n", check::to_string(finding.severity), finding.check, finding.count,
                        finding.message);
    text += fmt::format("         {}\n", finding.advice);
    for (const check::Place& place : finding.places) text += fmt::format("           {}\n", check::to_string(place));
    if (finding.count > finding.places.size()) {
      text += fmt::format("           … {} more\n", finding.count - finding.places.size());
    }
  }
  return fmt::format("{}\n{}, {}, {}\n", text, count(findings.n_errors, "error"), count(findings.n_warnings, "warning"),
                     count(findings.n_notes, "note")) +
         format_notes(notes);
}

}  // namespace relume::report
