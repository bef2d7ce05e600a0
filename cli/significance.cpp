// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "relume/report/toys.hpp"
#include "toys.hpp"

namespace relume::cli {

int run_significance(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build_with_poi(std::move(input.publication), model_settings(arguments)).value();
  infer::TestOptions options;
  options.asimov = asimov_option(arguments);
  if (wants_toys(arguments)) {
    options.statistic = infer::TestStatistic::q0;
    infer::ToyOptions toys = toy_options(arguments, options);
    toys.threads = static_cast<int>(arguments.integer(options::jobs));
    infer::ToyTest test = test_with_toys(model, 0.0, toys, catch_interrupts(), true);
    test.notes.insert(test.notes.begin(), input.notes.begin(), input.notes.end());
    write_result(arguments, options::format, report::discovery_to_json(test, model.likelihood()),
                 [&] { return report::discovery_to_table(test, model.likelihood()); });
    return exit_code_of(test.status);
  }
  options.fixed = model.fixed;
  options.stop = &catch_interrupts();
  infer::Discovery discovery = infer::significance(model.likelihood(), model.observed(), options);
  std::vector<std::string>& notes = discovery.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  write_result(arguments, options::format, report::to_json(discovery, model.likelihood()),
               [&] { return report::to_table(discovery, model.likelihood()); });
  return exit_code_of(discovery.status);
}

}  // namespace relume::cli
