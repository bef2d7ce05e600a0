// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/reinterpret/validity.hpp"
#include "relume/report/simplification.hpp"

namespace relume::cli {
namespace {

using reinterpret::Attempt;
using reinterpret::Simplification;
using reinterpret::SimplifyOptions;
using reinterpret::SimplifyQuestion;

/// Errors of an option, at the option.
const std::pair<std::string_view, const Option*> names[] = {{"control", &options::control},
                                                            {"region", &options::result_channel},
                                                            {"target_accuracy", &options::target_accuracy},
                                                            {"check", &options::no_check},
                                                            {"decorrelate", &options::decorrelate_bins},
                                                            {"n_toys", &options::moment_toys},
                                                            {"seed", &options::seed}};
template <class T>
T value_of(Result<T>&& result) {
  if (result) return *std::move(result);
  Errors errors = result.errors();
  for (Error& error : errors) {
    for (const auto& [where, option] : names) {
      if (error.where == where) error.where = fmt::format("--{}", option->name);
    }
  }
  throw Exception(std::move(errors));
}

bool is_for_pyhf(const Arguments& arguments) { return arguments.text(options::as) == "pyhf"; }

SimplifyQuestion question_from(const Arguments& arguments) {
  reinterpret::SimplifyChoices choices;
  if (arguments.given(options::simplify_method)) {
    choices.method = reinterpret::simplify_method_from_string(arguments.text(options::simplify_method));
  }
  if (arguments.given(options::moment_toys)) {
    choices.n_toys = static_cast<std::size_t>(arguments.integer(options::moment_toys));
  }
  if (arguments.given(options::seed)) choices.seed = static_cast<std::uint64_t>(arguments.integer(options::seed));
  choices.decorrelate = arguments.given(options::decorrelate_bins);
  choices.checks = !arguments.given(options::no_check);
  choices.tolerance = arguments.optional_number(options::simplify_tolerance);
  choices.target_accuracy = arguments.optional_number(options::target_accuracy);
  SimplifyQuestion question = value_of(reinterpret::question_of(choices));
  if (!choices.checks && arguments.given(options::force)) {
    throw UsageError("--force writes what the check refuses: with --no-check nothing is");
  }
  if (arguments.given(options::marginalise)) {
    throw UsageError("--marginalise: simplify condenses nuisance parameters, of which an average has none left");
  }
  question.simplify.controls = arguments.all(options::control);
  question.simplify.regions = arguments.all(options::result_channel);
  question.simplify.fit_all_regions = arguments.given(options::fit_all_regions);
  question.simplify.threads = static_cast<int>(arguments.integer(options::jobs));
  question.validity.is_for_pyhf = is_for_pyhf(arguments);
  return question;
}

/// A published background gets a signal to be judged with.
void add_probe(spec::Publication& publication, const ModelSettings& settings, Model& model, SimplifyOptions& o) {
  if (reinterpret::has_signal(model.likelihood())) return;
  const spec::Workspace& workspace = workspace_of(publication, "simplify");
  model.compiled =
      reinterpret::with_probe_signal(workspace, settings.compile, model.likelihood(), model.observed(), o).value();
}

/// As --as says: pyhf's format by default where it says all.
spec::Json document_of(const Simplification& simplification, const Arguments& arguments) {
  const auto* workspace = std::get_if<spec::Workspace>(&simplification.publication.value);
  const bool as_pyhf =
      arguments.given(options::as) ? is_for_pyhf(arguments) : workspace != nullptr && is_within_schema(*workspace);
  if (!as_pyhf) return formats::likelihood_to_json(simplification.publication);
  auto pyhf = reinterpret::as_pyhf(simplification);
  if (pyhf) return formats::workspace_to_json(*pyhf);
  Errors errors = pyhf.errors();
  for (Error& error : errors) error.where = "--as pyhf";
  throw Exception(std::move(errors));
}

/// With a progress bar for the toys.
template <class Work>
void with_progress(SimplifyOptions& o, Work&& work) {
  std::atomic<std::size_t> n_done = 0;
  o.n_done = &n_done;
  ProgressBar progress(o.n_toys, "toys");
  const std::jthread watch([&](const std::stop_token& end) {
    while (!end.stop_requested()) {
      progress.set(std::min(n_done.load(std::memory_order_relaxed), o.n_toys));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  work();
}

}  // namespace

int run_simplify(const Arguments& arguments) {
  SimplifyQuestion question = question_from(arguments);
  Input input = read_input(arguments, PatchsetUse::one_point);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  Model model = build(input.publication, settings).value();
  const bool checks = question.checks, searches = question.searches;
  question.simplify.fixed = model.fixed;
  if (checks) add_probe(input.publication, settings, model, question.simplify);
  question.validity.fixed = question.simplify.fixed;
  question.simplify.stop = question.validity.stop = &catch_interrupts();
  std::vector<Attempt> attempts;
  with_progress(question.simplify, [&] {
    attempts = value_of(reinterpret::simplify_and_check(model.likelihood(), model.observed(), question));
  });

  Attempt& last = attempts.back();
  std::vector<std::string>& notes = last.simplification.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  const reinterpret::Validity* validity = checks ? &last.validity : nullptr;
  const std::span<const Attempt> tried = searches ? std::span<const Attempt>(attempts) : std::span<const Attempt>();
  const bool is_refused =
      !last.simplification.is_usable() || (checks && last.validity.misleads() && !arguments.given(options::force));
  std::optional<spec::Json> document;
  if (!is_refused) document = document_of(last.simplification, arguments);
  if (arguments.given(options::simplify_report)) {
    const std::string json =
        formats::write_json(report::to_json(last.simplification, validity, tried), {.indent = 4}) + '\n';
    formats::write_output(arguments.text(options::simplify_report), json).value();
  }
  if (document) write_document(arguments, *document);
  explain(report::to_table(last.simplification, validity, tried));
  if (!is_refused) return exit_code::ok;
  const auto is_interrupted = [](infer::Status status) { return status == infer::Status::interrupted; };
  if (is_interrupted(last.simplification.status) || is_interrupted(last.validity.status)) return exit_code::interrupted;
  if (!last.simplification.is_usable()) {
    complain("nothing is written: " + last.simplification.reason);
  } else if (!last.validity.is_usable()) {
    complain("nothing is written, because the check did not work out: " + last.validity.reason +
             " (--force writes it)");
  } else {
    complain(fmt::format("nothing is written: a limit moves by {:.1f} %, the tolerance is {:g} % (--force writes it)",
                         100.0 * last.validity.shift(), 100.0 * last.validity.tolerance));
  }
  return exit_code::not_usable;
}

}  // namespace relume::cli
