// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/impacts.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "relume/report/impacts.hpp"

namespace relume::cli {
namespace {

/// --group NAME=PATTERN.
std::vector<std::pair<std::string, std::string>> group_patterns(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> patterns;
  for (const std::string& text : arguments.all(options::impact_group)) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      throw UsageError(fmt::format("--group takes NAME=PATTERN, not '{}'", text));
    }
    patterns.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return patterns;
}

infer::Impacts compute(const Model& model, infer::ImpactOptions& options) {
  std::atomic<std::size_t> n_done = 0;
  options.n_done = &n_done;
  const std::size_t n = options.parameters.empty() ? model.likelihood().parameters().size() : options.parameters.size();
  ProgressBar progress(n, "parameters");
  const std::jthread watch([&](const std::stop_token& end) {
    // Most rankings are done before a bar would be drawn: the end of the work ends the wait.
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!end.stop_requested()) {
      progress.set(std::min(n, n_done.load(std::memory_order_relaxed)));
      ended.wait_for(lock, end, std::chrono::milliseconds(50), [] { return false; });
    }
  });
  return infer::impacts(model.likelihood(), model.observed(), options);
}

}  // namespace

int run_impacts(const Arguments& arguments) {
  const auto patterns = group_patterns(arguments);
  check_picture(arguments, "impacts");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  infer::ImpactOptions options;
  for (const std::string& name : arguments.all(options::impact_of)) {
    options.parameters.push_back(find_parameter(model, name, "--parameter"));
  }
  options.groups = report::impact_groups(model.likelihood(), patterns, model.likelihood().poi()).value();
  options.exact = !arguments.given(options::linear);
  options.fixed = model.fixed;
  options.threads = static_cast<int>(arguments.integer(options::jobs));
  options.stop = &catch_interrupts();
  infer::Impacts impacts = compute(model, options);
  std::vector<std::string>& notes = impacts.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  std::optional<std::size_t> top;
  if (arguments.given(options::top)) top = static_cast<std::size_t>(arguments.integer(options::top));
  spec::JsonObject result = report::to_json(impacts, model.likelihood());
  write_result(arguments, options::format, result, [&] { return report::to_table(impacts, model.likelihood(), top); });
  if (top) result.emplace_back("top", static_cast<std::int64_t>(*top));
  return draw_picture(arguments, "impacts", result, exit_code_of(impacts.status));
}

}  // namespace relume::cli
