// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A likelihood file that is read survives being written and read; measured values and upper limits become likelihoods
// that can be evaluated, or errors.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>
#include <vector>

#include "relume/formats/publication_json.hpp"
#include "relume/model/measurements.hpp"
#include "relume/model/upper_limits.hpp"
#include "relume/spec/validate.hpp"

namespace {

/// Whatever the numbers are, they make a value or a reason.
void evaluate(const relume::Result<relume::model::Compiled>& compiled) {
  if (!compiled) return;
  const relume::model::Likelihood& likelihood = *compiled->likelihood;
  std::vector<double> point;
  for (const auto& p : likelihood.parameters()) point.push_back(p.initial);
  const auto scratch = likelihood.make_scratch();
  const auto e = likelihood.evaluate(point, compiled->observed, relume::math::Derivatives::curvature, {}, *scratch);
  if (e.status != relume::math::EvaluationStatus::ok && likelihood.explain(point, *scratch).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Publication> publication = formats::read_likelihood(text, "fuzz");
  if (!publication) return to_string(publication.errors()).empty() ? (std::abort(), 0) : 0;
  if (!spec::validate(*publication, "fuzz").empty()) std::abort();
  const Result<spec::Publication> again =
      formats::likelihood_from_json(formats::likelihood_to_json(*publication), "fuzz");
  if (!again || *again != *publication) std::abort();
  if (const auto* measurements = std::get_if<spec::Measurements>(&publication->value)) {
    evaluate(model::compile(*measurements));
  } else if (const auto* limits = std::get_if<spec::UpperLimits>(&publication->value)) {
    evaluate(model::compile(*limits));
  }
  return 0;
}
