// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/fit.hpp"

#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {

int run_fit(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.workspace), model_settings(arguments)).value();
  infer::FitOptions options;
  options.fixed = model.fixed;
  options.covariance = arguments.given(options::covariance);
  options.stop = &catch_interrupts();
  const infer::FitResult fit = infer::fit(model.likelihood(), model.observed(), options);
  std::vector<std::string> notes = std::move(input.notes);
  notes.insert(notes.end(), model.compiled.notices.begin(), model.compiled.notices.end());
  write_result(arguments, options::format, report::to_json(fit, model.likelihood(), notes),
               [&] { return report::to_table(fit, model.likelihood(), notes); });
  if (fit.minimum.is_usable()) return exit_code::ok;
  return fit.minimum.status == minimize::MinimumStatus::interrupted ? exit_code::interrupted : exit_code::not_usable;
}

}  // namespace relume::cli
