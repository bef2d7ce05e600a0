// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "toys.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/report/toys.hpp"

namespace relume::cli {
namespace {

using infer::ToyOptions;
using infer::ToyTest;

/// One file per batch of toys, written whole or not at all: what was finished is never computed again, whatever ends
/// the program.
std::string shard_name(const std::string& folder, std::uint64_t first, std::size_t n) {
  return fmt::format("{}/toys-{:012}-{}.json", folder, first, n);
}

void make_folder(const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw Exception({{ErrorCode::io, folder, "cannot be made: " + problem.message(), {}}});
}

ToyTest read_shard(const std::string& name, const ToyOptions& wanted, const ToyTest& question) {
  ToyTest shard = report::toy_test_from_json(read_document(name), name).value();
  const std::string_view different = infer::difference(question, shard);
  const char* const hint = "another folder, or the command that made this one";
  if (!different.empty()) {
    throw Exception(
        {{ErrorCode::model, name, fmt::format("holds toys of another question: different {}", different), hint}});
  }
  if (shard.first != wanted.first || shard.tested.q.size() != wanted.n_toys) {
    throw Exception({{ErrorCode::model, name,
                      fmt::format("holds {} toys from number {} on, where its name says {} from {}",
                                  shard.tested.q.size(), shard.first, wanted.n_toys, wanted.first),
                      "remove the file: its toys will be made again"}});
  }
  return shard;
}

/// Shard after shard; those that are there already are read.
ToyTest test_in_shards(const std::string& folder, const Model& model, double value, const ToyOptions& options,
                       const std::atomic<bool>& stop) {
  make_folder(folder);
  // One toy tells what is asked, for shards that are there already to be compared with.
  ToyOptions one = options;
  one.n_toys = 1;
  ToyTest question = test_with_toys(model, value, one, stop, false);
  if (question.tested.q.empty()) return question;
  std::vector<ToyTest> shards;
  ProgressBar progress(options.n_toys, "toys");
  for (std::size_t done = 0; done < options.n_toys;) {
    ToyOptions shard = options;
    shard.first = options.first + done;
    shard.n_toys = std::min(options.batch, options.n_toys - done);
    shard.accuracy = 0.0;
    const std::string name = shard_name(folder, shard.first, shard.n_toys);
    if (std::filesystem::exists(name)) {
      shards.push_back(read_shard(name, shard, question));
    } else {
      shards.push_back(test_with_toys(model, value, shard, stop, false));
      if (shards.back().tested.q.size() != shard.n_toys)
        return shards.back();  // interrupted, or not a question for toys
      const auto document = report::to_json(shards.back(), model.likelihood(), report::ToyValues::kept);
      formats::write_output(name, formats::write_json(document, {.indent = 0}) + '\n').value();
    }
    done += shard.n_toys;
    progress.set(done);
    if (options.accuracy == 0.0) continue;
    const ToyTest so_far = infer::merge(shards).value();
    if (so_far.is_usable() && report::p_value(so_far, so_far.observed).uncertainty <= options.accuracy) break;
  }
  return infer::merge(shards).value();
}

}  // namespace

bool wants_toys(const Arguments& arguments) {
  if (arguments.text(options::calctype) == "toybased") return true;
  for (const Option* option :
       {&options::toys, &options::seed, &options::ensemble, &options::accuracy, &options::batch, &options::shards}) {
    if (arguments.given(*option)) throw UsageError(fmt::format("--{} is for --calctype toybased", option->name));
  }
  return false;
}

ToyOptions toy_options(const Arguments& arguments, const infer::TestOptions& test) {
  ToyOptions toys;
  toys.test = test;
  toys.ensemble = infer::ensemble_from_string(arguments.text(options::ensemble)).value();
  toys.n_toys = static_cast<std::size_t>(arguments.integer(options::toys));
  toys.seed = static_cast<std::uint64_t>(arguments.integer(options::seed));
  if (arguments.given(options::accuracy)) toys.accuracy = arguments.number(options::accuracy);
  return toys;
}

ToyTest test_with_toys(const Model& model, double value, ToyOptions options, const std::atomic<bool>& stop,
                       bool is_alone) {
  options.test.fixed = model.fixed;
  options.test.stop = &stop;
  std::atomic<std::size_t> n_done = 0;
  options.n_done = &n_done;
  ToyTest test;
  const auto run = [&] { test = infer::toy_test(model.likelihood(), model.observed(), value, options); };
  if (is_alone) {
    ProgressBar progress(2 * options.n_toys, "toys");
    const std::jthread watch([&](const std::stop_token& end) {
      while (!end.stop_requested()) {
        progress.set(n_done.load(std::memory_order_relaxed));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
    run();
  } else {
    run();
  }
  test.notes.insert(test.notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  return test;
}

infer::ToyLimitOptions toy_limit_options(const Arguments& arguments, const Model& model, const infer::TestOptions& test,
                                         double level, const std::atomic<bool>& stop) {
  infer::ToyLimitOptions options;
  options.toys = toy_options(arguments, test);
  options.toys.batch = static_cast<std::size_t>(arguments.integer(options::batch));
  options.toys.threads = static_cast<int>(arguments.integer(options::jobs));
  options.toys.test.fixed = model.fixed;
  options.toys.test.stop = &stop;
  options.level = level;
  options.ask = [&arguments, &model, &stop](const infer::ToyOptions& toys, double value) {
    if (!arguments.given(options::shards)) return test_with_toys(model, value, toys, stop, true);
    return test_in_shards(fmt::format("{}/{:.17g}", arguments.text(options::shards), value), model, value, toys, stop);
  };
  return options;
}

int run_toys(const Arguments& arguments) {
  check_picture(arguments, "toys");
  const infer::TestOptions test_with = test_options(arguments, options::test_stat);
  ToyOptions options = toy_options(arguments, test_with);
  options.first = static_cast<std::uint64_t>(arguments.integer(options::first));
  options.batch = static_cast<std::size_t>(arguments.integer(options::batch));
  options.threads = static_cast<int>(arguments.integer(options::jobs));
  const double value = tested_value(arguments, test_with.statistic);
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build_with_poi(std::move(input.publication), model_settings(arguments)).value();
  const std::atomic<bool>& stop = catch_interrupts();
  ToyTest test = arguments.given(options::shards)
                     ? test_in_shards(arguments.text(options::shards), model, value, options, stop)
                     : test_with_toys(model, value, options, stop, true);
  test.notes.insert(test.notes.begin(), input.notes.begin(), input.notes.end());
  const auto values = arguments.given(options::values) ? report::ToyValues::kept : report::ToyValues::left_out;
  write_result(arguments, options::format, report::to_json(test, model.likelihood(), values),
               [&] { return report::to_table(test, model.likelihood()); });
  const int code = exit_code_of(test.status);
  if (!arguments.given(options::plot)) return code;
  return draw_picture(arguments, "toys", report::to_json(test, model.likelihood(), report::ToyValues::kept), code);
}

}  // namespace relume::cli
