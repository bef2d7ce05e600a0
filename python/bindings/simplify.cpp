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
nb::tuple simplify(const Model& given, const std::string& method, const std::vector<std::string>& controls,
                   const std::vector<std::string>& regions, bool fit_all_regions, std::size_t n_toys,
                   std::uint64_t seed, int threads, const Fixed& fixed, bool decorrelate, bool checks, double tolerance,
                   bool searches) {
  reinterpret::SimplifyQuestion question{.checks = checks, .searches = searches};
  reinterpret::SimplifyOptions& o = question.simplify;
  const auto known = reinterpret::simplify_method_from_string(method);
  if (!known) {
    refuse("method", "no method is called '" + method + "'",
           "toys-prefit, toys-postfit, linear, postfit-total, linearised");
  }
  o.method = *known;
  o.controls = controls;
  o.regions = regions;
  o.fit_all_regions = fit_all_regions;
  o.n_toys = n_toys;
  o.seed = seed;
  o.threads = threads;
  o.decorrelate = decorrelate;
  question.validity.tolerance = tolerance;

  Model model = given;
  o.fixed = fixed_from(given, fixed);
  if ((checks || searches) && !reinterpret::has_signal(*given.likelihood)) {
    if (!given.workspace) refuse("model", "it has no signal to check with", "bring one, or leave the check out");
    model::Compiled compiled =
        reinterpret::with_probe_signal(*given.workspace, given.options, *given.likelihood, given.observed, o).value();
    model.likelihood = std::move(compiled.likelihood);
    model.observed = std::move(compiled.observed);
    model.notices = given.preparation;
    model.notices.insert(model.notices.end(), compiled.notices.begin(), compiled.notices.end());
  }
  question.validity.fixed = o.fixed;
  if (checks || searches) need_poi(model, o.fixed);
  Result<std::vector<Attempt>> attempts = std::vector<Attempt>();
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    o.stop = question.validity.stop = stop;
    attempts = reinterpret::simplify_and_check(*model.likelihood, model.observed, question);
  });
  Attempt& last = attempts.value().back();
  with_notices(last.simplification, model);
  const bool is_checked = checks || searches;
  const bool misleads = !last.simplification.is_usable() || (is_checked && last.validity.misleads());
  nb::object document = nb::none(), pyhf = nb::none();
  if (last.simplification.is_usable()) {
    document = json_to_python(formats::likelihood_to_json(last.simplification.publication));
    if (auto workspace = reinterpret::as_pyhf(last.simplification)) {
      pyhf = nb::cast(std::make_shared<const spec::Workspace>(*std::move(workspace)));
    }
  }
  const std::span<const Attempt> tried = searches ? std::span<const Attempt>(*attempts) : std::span<const Attempt>();
  const reinterpret::Validity* validity = is_checked ? &last.validity : nullptr;
  return nb::make_tuple(json_to_python(report::to_json(last.simplification, validity, tried)), misleads, document, pyhf,
                        report::to_table(last.simplification, validity, tried));
}

}  // namespace

void bind_simplify(nb::module_& m) {
  m.def("simplify", &simplify, "model"_a, "method"_a, "controls"_a, "regions"_a, "fit_all_regions"_a, "n_toys"_a,
        "seed"_a, "threads"_a, "fixed"_a, "decorrelate"_a, "checks"_a, "tolerance"_a, "searches"_a);
}

}  // namespace relume::python
