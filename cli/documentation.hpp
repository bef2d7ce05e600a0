// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the option tables say, in every form: --help, man page, Markdown, shell completions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"

namespace relume::cli {

/// {"patchset", "list"} or {"", "cls"}.
std::pair<std::string_view, std::string_view> split_name(const Command& command);

std::vector<std::string_view> split_choices(std::string_view choices);
/// "a, b or c".
std::string join_choices(const std::vector<std::string_view>& choices);
/// What an option takes: "a number above 0 and below 1".
std::string describe_values(const Option& option);

std::string help(const Command& command);
/// Of the program, or of a group of commands.
std::string help(std::string_view group);

std::string manual_page();
std::string options_page();

std::string bash_completions();
std::string zsh_completions();
std::string fish_completions();

}  // namespace relume::cli
