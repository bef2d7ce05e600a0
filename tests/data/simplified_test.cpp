// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published covariances and third moments, against an independent convex solver and SModelS (reference/simplified).
#include <cmath>

#include <gtest/gtest.h>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "support/simplified_case.hpp"

namespace relume::test {
namespace {

const std::vector<std::string> published = {"ATLAS-SUSY-2018-41-eff", "CMS-PAS-SUS-16-052-agg", "CMS-SUS-16-039-agg",
                                            "CMS-SUS-16-050-agg",     "CMS-SUS-20-004-eff",     "CMS-SUS-21-002-eff"};

/// The reference has its constraint in events, ours in standard deviations: -ln L differs by the logarithms of these.
double log_widths(const spec::SimplifiedLikelihood& likelihood) {
  double sum = 0.0;
  const edit::WorkspaceConversion conversion = edit::as_workspace(likelihood).value();
  for (const edit::RegionForm& region : conversion.regions) sum += std::log(region.b);
  return sum;
}

TEST(SimplifiedLikelihoods, AgreeWithReferences) {
  RELUME_NEEDS_SHARED_DATA();
  for (const std::string& name : published) {
    const SimplifiedCase c = simplified_case(name);
    const double shift = log_widths(c.likelihood);
    const spec::JsonArray& references = *at(c.reference, "signals").array();
    for (std::size_t k = 0; k < c.signals.size(); ++k) {
      SCOPED_TRACE(name + ", signal " + std::to_string(k));
      const model::Compiled compiled = compile(c.likelihood, c.signals[k]);
      const spec::Json& own = at(references[k], "own");
      for (const auto& [mu, nll] : *at(own, "nll_profiled").object()) {
        const infer::FitResult fit = infer::fit(*compiled.likelihood, compiled.observed,
                                                {.fixed = {{*compiled.likelihood->poi(), std::stod(mu)}}});
        ASSERT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
        EXPECT_NEAR(0.5 * fit.twice_nll + shift, spec::as_double(nll), 1e-6) << "at mu = " << mu;
      }
      const infer::HypoTest test = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
      ASSERT_TRUE(test.is_usable()) << test.reason;
      EXPECT_NEAR(test.q, spec::as_double(at(own, "qmu_tilde_mu1")), 1e-5);
      EXPECT_NEAR(test.q_asimov, spec::as_double(at(own, "qmuA_mu1")), 1e-5);
      EXPECT_NEAR(test.observed.cls, spec::as_double(at(own, "CLs_obs_mu1")), 1e-5);
      const infer::Limit limit = infer::upper_limit(*compiled.likelihood, compiled.observed);
      ASSERT_TRUE(limit.is_usable()) << limit.reason;
      const double observed = spec::as_double(at(own, "UL95_obs"));
      EXPECT_NEAR(*limit.observed, observed, 1e-4 * observed);
      const std::vector<double> expected = numbers(at(own, "UL95_exp"));
      for (std::size_t n = 0; n < 5; ++n) EXPECT_NEAR(*limit.expected[n], expected[n], 1e-4 * expected[n]) << n;
    }
  }
}

}  // namespace
}  // namespace relume::test
