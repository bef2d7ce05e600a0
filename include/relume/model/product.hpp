// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Products: independent results about common parameters are one likelihood (docs/concepts/products.md).
//
//   auto product = model::multiply({{"atlas", std::move(a.likelihood), a.observed}, {"cms", std::move(b.likelihood),
//   b.observed}},
//                                  {.shared = {{"mu", {{"atlas", "mu_SIG"}, {"cms", "r"}}}}, .poi = "mu"});
//   infer::upper_limit(*product->likelihood, product->observed);
//
// Parameters and channels of a component are called "component/name"; nothing is shared that the caller does not name.
// A constraint that several components have on a shared parameter is the same measurement: it counts once, and has to
// be the same in all of them.
//
// Cost: an evaluation costs what its components cost, and one copy of their numbers. Thread-safety: pure functions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/publication.hpp"

namespace relume::model {

struct ProductComponent {
  std::string name;
  std::shared_ptr<const Likelihood> likelihood;
  Data observed;
};

struct ProductOptions {
  /// A parameter of the product, and what it is called in components: one parameter, or a set of several ("gamma") as a
  /// whole. A member alone is renamed.
  std::vector<spec::Product::Shared> shared = {};
  /// Of normal constraints, by names of the product. A correlation inside of a component on which one of them touches
  /// is replaced: the new one has to list all that it correlates.
  std::vector<spec::Correlation> correlations = {};
  std::string poi = {};  ///< by its name in the product; empty: there is none
};

/// The mask of a component's data is not taken over: masks are made for the product. Errors name everything that does
/// not fit: names, constraints that differ, bounds that exclude each other. Notices: initial values that differ (the
/// first component's is taken), parameters that only some components hold.
Result<Compiled> multiply(std::vector<ProductComponent> components, const ProductOptions& options = {});

/// How a component becomes a likelihood is the caller's choice (options, signals, kinds).
using CompileComponent = std::function<Result<Compiled>(const spec::Component&)>;
Result<Compiled> compile(const spec::Product& product, const CompileComponent& compile_component);

}  // namespace relume::model
