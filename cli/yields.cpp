// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/yields.hpp"

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/report/yields.hpp"

namespace relume::cli {
namespace {

infer::YieldOptions yield_options(const Arguments& arguments, const Model& model) {
  infer::YieldOptions options;
  options.propagation = infer::propagation_from_string(arguments.text(options::propagation)).value();
  options.covariance = arguments.given(options::yield_covariance);
  options.fixed = model.fixed;
  auto places = model::channel_places(model.likelihood(), arguments.all(options::yield_channel));
  if (!places) {
    Errors errors = places.errors();
    for (Error& error : errors) error.where = "--channel";
    throw Exception(std::move(errors));
  }
  options.channels = *std::move(places);
  return options;
}

infer::Yields yields_of(const Arguments& arguments, const Model& model) {
  const infer::YieldOptions options = yield_options(arguments, model);
  if (arguments.given(options::prefit)) return infer::prefit_yields(model.likelihood(), options);
  infer::FitOptions fit;
  fit.fixed = model.fixed;
  fit.covariance = true;
  fit.stop = &catch_interrupts();
  return infer::postfit_yields(model.likelihood(), infer::fit(model.likelihood(), model.observed(), fit), options);
}

}  // namespace

int run_yields(const Arguments& arguments) {
  if (arguments.given(options::prefit) && arguments.given(options::postfit)) {
    throw UsageError("--prefit and --postfit exclude each other");
  }
  check_picture(arguments, "yields");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  infer::Yields yields = yields_of(arguments, model);
  std::vector<std::string>& notes = yields.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  const auto blinding = arguments.given(options::unblind) ? report::Blinding::none : report::Blinding::masked_channels;
  if (blinding != report::Blinding::none && !model.observed().masked.empty()) {
    notes.emplace_back("the data of channels that are left out are not shown; --unblind shows them");
  }
  const spec::JsonObject result = report::to_json(yields, model.likelihood(), model.observed(), blinding);
  write_result(arguments, options::format, result,
               [&] { return report::to_table(yields, model.likelihood(), model.observed(), blinding); });
  return draw_picture(arguments, "yields", result, exit_code_of(yields.status));
}

}  // namespace relume::cli
