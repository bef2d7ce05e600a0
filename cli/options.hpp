// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every option and every subcommand, described once. The parser, --help, the man page, docs/reference/options.md and
// the shell completions are made from these tables.
//
//   double mu = arguments.number(options::test_poi);
#pragma once

#include <limits>
#include <span>
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

struct OptionGroup {
  std::string_view title;
  std::span<const Option* const> options;
};

struct Positional {
  std::string_view name;
  std::string_view help;
  std::string_view default_text{};  ///< empty: must be given
  std::string_view choices{};       ///< empty: a file
  bool is_repeatable = false;       ///< the last one of a command: takes all that follow
};

struct Example {
  std::string_view command;
  std::string_view text;
};

class Arguments;

struct Command {
  std::string_view name;  ///< "cls", or "patchset list" for a command of a group
  std::string_view summary;
  std::string_view description;
  std::span<const Positional> positionals;
  std::span<const OptionGroup> groups;
  std::span<const Example> examples;
  int (*run)(const Arguments& arguments);
};

/// In the order of the documentation.
std::span<const Command> commands();

/// "patchset" and what it is about; for commands whose name has two words.
std::string_view group_summary(std::string_view group);

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

namespace exit_code {
inline constexpr int ok = 0, usage = 1, input = 2, not_usable = 3, internal = 4, interrupted = 130;
}

int run_inspect(const Arguments& arguments);
int run_validate(const Arguments& arguments);
int run_cls(const Arguments& arguments);
int run_limit(const Arguments& arguments);
int run_fit(const Arguments& arguments);
int run_significance(const Arguments& arguments);
int run_toys(const Arguments& arguments);
int run_goodness(const Arguments& arguments);
int run_scan_parameter(const Arguments& arguments);
int run_contour(const Arguments& arguments);
int run_test(const Arguments& arguments);
int run_intervals(const Arguments& arguments);
int run_impacts(const Arguments& arguments);
int run_yields(const Arguments& arguments);
int run_posterior(const Arguments& arguments);
int run_signal(const Arguments& arguments);
int run_nll(const Arguments& arguments);
int run_combine(const Arguments& arguments);
int run_prune(const Arguments& arguments);
int run_prune_small(const Arguments& arguments);
int run_symmetrise(const Arguments& arguments);
int run_decorrelate(const Arguments& arguments);
int run_simplify(const Arguments& arguments);
int run_rename(const Arguments& arguments);
int run_sort(const Arguments& arguments);
int run_detect(const Arguments& arguments);
int run_convert(const Arguments& arguments);
int run_digest(const Arguments& arguments);
int run_patchset_list(const Arguments& arguments);
int run_patchset_extract(const Arguments& arguments);
int run_patchset_apply(const Arguments& arguments);
int run_patchset_verify(const Arguments& arguments);
int run_completions(const Arguments& arguments);
int run_man(const Arguments& arguments);

}  // namespace relume::cli
