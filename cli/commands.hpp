// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every command, described once: what it takes, its options, examples. The parser, --help, the man page,
// docs/reference/options.md and the shell completions are made from this table.
//
//   for (const Command& command : commands()) fmt::print("{}\n", command.name);
#pragma once

#include <span>
#include <string_view>

#include "options.hpp"

namespace relume::cli {

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
