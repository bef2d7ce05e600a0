// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every option, described once. Which command has which: commands.hpp.
//
//   double mu = arguments.number(options::test_poi);
#pragma once

#include <limits>
#include <string_view>

namespace relume::cli {

enum class Kind {
  flag,        ///< present or not
  text,        ///< a name
  file,        ///< a name that the shell can complete
  number,      ///< finite, in [min, max]
  integer,     ///< in [min, max]
  choice,      ///< one of `choices`
  assignment,  ///< NAME=VALUE with a finite number
  pair,        ///< two words: OLD NEW
};

struct Option {
  std::string_view name;  ///< without the dashes
  char letter = 0;        ///< short form; 0: none
  Kind kind = Kind::flag;
  std::string_view metavar{};
  bool is_repeatable = false;
  std::string_view default_text{};
  std::string_view choices{};  ///< separated by '|'
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();
  bool min_is_excluded = false, max_is_excluded = false;
  std::string_view help{};
  std::string_view reason{};  ///< for the default
};

namespace options {
extern const Option patch, patchset, point, signal, other_channels_zero, region, constraints, marginalise, measurement,
    poi, fix, drop_channel, interpcode, error_on_error, clip_sample_data, clip_bin_data;
extern const Option only_channel, mask_channel, asimov_data, inject;
extern const Option test_poi, test_stat, limit_test_stat, asimov, level, no_expected, jobs;
extern const Option calctype, toys, seed, first, ensemble, accuracy, batch, shards, values;
extern const Option scanned, from, to, points, contour_of, contour_level, contour_points, at, interval_of,
    interval_level, ordering;
extern const Option fail_on, skip, places, large_norm, large_shape, same_side, relevant, negligible_signal;
extern const Option impact_of, impact_group, linear, top;
extern const Option prefit, postfit, yield_channel, yield_covariance, propagation, unblind;
extern const Option goodness_toys, compatibility;
extern const Option chains, samples, warmup, draws_seed, prior, posterior_level, target_acceptance, draws_values;
extern const Option covariance, value, parameters, set;
extern const Option output_file, format, inspect_format, man_format, plot;
extern const Option join, merge_channels, no_merge_channels;
extern const Option prune_channel, prune_sample, prune_modifier, prune_modifier_type, prune_measurement;
extern const Option rename_channel, rename_sample, rename_modifier, rename_measurement;
extern const Option small_norm, small_shape, relative_to, in_modifier, in_channel, in_sample, check, report;
extern const Option symmetrisation, decorrelated, by;
extern const Option topology, masses, widths, cross_section, list_topologies, outside_is_zero, for_model;
extern const Option convert_to, convert_covariance, matrix_kind, observed_column, background_column, subset, lossy;
extern const Option simplify_method, control, result_channel, fit_all_regions, moment_toys, decorrelate_bins, as,
    simplify_tolerance, target_accuracy, no_check, force, simplify_report;
extern const Option algorithm, digest_json, digest_plaintext;
extern const Option patch_name, with_metadata;
}  // namespace options

}  // namespace relume::cli
