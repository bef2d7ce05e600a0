// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What cls, limit and significance share.
#pragma once

#include "arguments.hpp"
#include "relume/infer/hypotest.hpp"

namespace relume::cli {

inline infer::Asimov asimov_option(const Arguments& arguments) {
  return infer::asimov_from_string(arguments.text(options::asimov)).value();
}

inline infer::TestOptions test_options(const Arguments& arguments, const Option& test_stat) {
  return {.statistic = infer::test_statistic_from_string(arguments.text(test_stat)).value(),
          .asimov = asimov_option(arguments),
          .fixed = {},
          .start = {},
          .stop = nullptr};
}

/// --test-poi, as the statistic allows.
inline double tested_value(const Arguments& arguments, infer::TestStatistic statistic) {
  const double value = arguments.number(options::test_poi);
  if (statistic == infer::TestStatistic::q0) {
    if (arguments.given(options::test_poi) && value != 0.0) {
      throw UsageError("--test-stat q0 tests 0: leave out --test-poi");
    }
    return 0.0;
  }
  if (value < 0.0 && (statistic == infer::TestStatistic::qtilde || statistic == infer::TestStatistic::ttilde)) {
    throw UsageError("--test-poi must not be negative with --test-stat qtilde or ttilde; q and t allow it");
  }
  return value;
}

inline int exit_code_of(infer::Status status) {
  if (status == infer::Status::ok) return exit_code::ok;
  return status == infer::Status::interrupted ? exit_code::interrupted : exit_code::not_usable;
}

}  // namespace relume::cli
