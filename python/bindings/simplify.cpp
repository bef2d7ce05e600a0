// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Simplified versions of likelihoods.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/reinterpret/validity.hpp"
#include "relume/report/simplification.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;
using reinterpret::Attempt;

namespace {

/// Report, whether limits move too far, relume's document and the pyhf workspace; None where there is none.
nb::tuple simplify(const Model& given, const std::optional<std::string>& method,
                   const std::vector<std::string>& controls, const std::vector<std::string>& regions,
                   bool fit_all_regions, std::optional<std::size_t> n_toys, std::optional<std::uint64_t> seed,
                   int threads, const Fixed& fixed, bool decorrelate, bool check, std::optional<double> tolerance,
                   std::optional<double> target_accuracy) {
  reinterpret::SimplifyChoices choices{.n_toys = n_toys,
                                       .seed = seed,
                                       .decorrelate = decorrelate,
                                       .checks = check,
                                       .tolerance = tolerance,
                                       .target_accuracy = target_accuracy};
  if (method) {
    choices.method = reinterpret::simplify_method_from_string(*method);
    if (!choices.method) {
      refuse("method", "no method is called '" + *method + "'",
             "toys-prefit, toys-postfit, linear, postfit-total, linearised");
    }
  }
  reinterpret::SimplifyQuestion question = reinterpret::question_of(choices).value();
  reinterpret::SimplifyOptions& o = question.simplify;
  o.controls = controls;
  o.regions = regions;
  o.fit_all_regions = fit_all_regions;
  o.threads = threads;

  Model model = given;
  o.fixed = fixed_from(given, fixed);
  if (question.checks && !reinterpret::has_signal(*given.likelihood)) {
    if (!given.workspace) refuse("model", "it has no signal to check with", "bring one, or leave the check out");
    model::Compiled compiled =
        reinterpret::with_probe_signal(*given.workspace, given.options, *given.likelihood, given.observed, o).value();
    model.likelihood = std::move(compiled.likelihood);
    model.observed = std::move(compiled.observed);
    model.notices = given.preparation;
    model.notices.insert(model.notices.end(), compiled.notices.begin(), compiled.notices.end());
  }
  question.validity.fixed = o.fixed;
  if (question.checks) need_poi(model, o.fixed);
  Result<std::vector<Attempt>> attempts = std::vector<Attempt>();
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    o.stop = question.validity.stop = stop;
    attempts = reinterpret::simplify_and_check(*model.likelihood, model.observed, question);
  });
  Attempt& last = attempts.value().back();
  with_notices(last.simplification, model);
  const bool misleads = !last.simplification.is_usable() || (question.checks && last.validity.misleads());
  nb::object document = nb::none(), pyhf = nb::none();
  if (last.simplification.is_usable()) {
    document = json_to_python(formats::likelihood_to_json(last.simplification.publication));
    if (auto workspace = reinterpret::as_pyhf(last.simplification)) {
      pyhf = nb::cast(std::make_shared<const spec::Workspace>(*std::move(workspace)));
    }
  }
  const std::span<const Attempt> tried =
      question.searches ? std::span<const Attempt>(*attempts) : std::span<const Attempt>();
  const reinterpret::Validity* validity = question.checks ? &last.validity : nullptr;
  return nb::make_tuple(json_to_python(report::to_json(last.simplification, validity, tried)), misleads, document, pyhf,
                        report::to_table(last.simplification, validity, tried));
}

}  // namespace

void bind_simplify(nb::module_& m) {
  m.def("simplify", &simplify, "model"_a, "method"_a.none(), "controls"_a, "regions"_a, "fit_all_regions"_a,
        "n_toys"_a.none(), "seed"_a.none(), "threads"_a, "fixed"_a, "decorrelate"_a, "check"_a, "tolerance"_a.none(),
        "target_accuracy"_a.none());
}

}  // namespace relume::python
