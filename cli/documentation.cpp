// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "documentation.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "relume/base/version.hpp"

namespace relume::cli {

std::pair<std::string_view, std::string_view> split_name(const Command& command) {
  const std::size_t space = command.name.find(' ');
  if (space == std::string_view::npos) return {{}, command.name};
  return {command.name.substr(0, space), command.name.substr(space + 1)};
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> list;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    list.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return list;
}

std::string join_choices(const std::vector<std::string_view>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    text += i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

std::string describe_values(const Option& option) {
  const auto bounds = [&] {
    std::string text;
    const bool has_min = std::isfinite(option.min), has_max = std::isfinite(option.max);
    if (has_min) text += fmt::format(" {} {}", option.min_is_excluded ? "above" : "from", option.min);
    if (has_min && has_max && (option.min_is_excluded || option.max_is_excluded)) text += " and";
    if (has_max) text += fmt::format(" {} {}", option.max_is_excluded ? "below" : has_min ? "to" : "up to", option.max);
    return text;
  };
  switch (option.kind) {
    case Kind::flag: return "nothing";
    case Kind::text: return "a name";
    case Kind::file: return "a file";
    case Kind::number:
      return option.min == 0.0 && !option.min_is_excluded && std::isinf(option.max) ? "a number >= 0"
                                                                                    : "a finite number" + bounds();
    case Kind::integer: return "a whole number" + bounds();
    case Kind::choice: return join_choices(split_choices(option.choices));
    case Kind::assignment: return "NAME=VALUE with a finite number";
    case Kind::pair: return "two names";
  }
  return {};
}

namespace {

std::string usage(const Command& command) {
  std::string text = fmt::format("relume {}", command.name);
  if (!command.groups.empty()) text += " [OPTIONS]";
  for (const Positional& positional : command.positionals) {
    text +=
        positional.default_text.empty() ? fmt::format(" {}", positional.name) : fmt::format(" [{}]", positional.name);
    if (positional.is_repeatable) text += "...";
  }
  return text;
}

std::string spelling(const Option& option) {
  std::string text = option.letter != 0 ? fmt::format("-{}, ", option.letter) : std::string();
  text += fmt::format("--{}", option.name);
  if (option.kind != Kind::flag) text += fmt::format(" {}", option.metavar);
  return text;
}

/// What follows the help text: choices, range, default, repetition.
std::vector<std::string> facts(const Option& option) {
  std::vector<std::string> list;
  if (option.kind == Kind::choice) list.push_back("One of " + join_choices(split_choices(option.choices)) + ".");
  if (std::isfinite(option.min) || std::isfinite(option.max)) {
    std::string range = describe_values(option);
    range[0] = 'A';
    list.push_back(range + ".");
  }
  if (!option.default_text.empty()) list.push_back(fmt::format("Default: {}.", option.default_text));
  if (option.is_repeatable) list.emplace_back("May be repeated.");
  return list;
}

constexpr std::size_t page_width = 100;

/// Words of `text`, wrapped at the width of the page, every line but the first indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t column) {
  std::string result;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (column + word.size() > page_width && column > indent) {
      if (!result.empty() && result.back() == ' ') result.pop_back();
      result += '\n' + std::string(indent, ' ');
      column = indent;
    }
    result += word;
    column += word.size();
    if (space == std::string_view::npos) break;
    result += ' ';
    ++column;
    text.remove_prefix(space + 1);
  }
  return result + '\n';
}

constexpr std::size_t help_column = 30;

std::string entry(std::string_view left, std::string_view right) {
  std::string line = fmt::format("  {}", left);
  if (line.size() + 2 > help_column)
    line += '\n' + std::string(help_column, ' ');
  else
    line.append(help_column - line.size(), ' ');
  return line + wrap(right, help_column, help_column);
}

constexpr std::string_view description =
    "Statistics of published search results: reads HistFactory models as experiments publish them, puts a signal in, "
    "and "
    "answers with fits, CLs values, upper limits and significances.";

constexpr std::pair<int, std::string_view> exit_codes[] = {
    {exit_code::ok, "all is well"},
    {exit_code::usage, "the command line is wrong"},
    {exit_code::input, "an input is wrong; every problem is listed on standard error"},
    {exit_code::not_usable,
     "the result is not usable: `status` and `reason` say why (for a patchset: no point is usable)"},
    {exit_code::internal, "a bug in relume, or out of memory"},
    {exit_code::interrupted, "interrupted; what was done so far has been written"},
};

constexpr Option help_option{.name = "help", .letter = 'h', .help = "Show this help."};

}  // namespace

std::string help(const Command& command) {
  std::string text = wrap(fmt::format("{}.", command.summary), 0, 0) + '\n';
  text += fmt::format("usage: {}\n\n", usage(command)) + wrap(command.description, 0, 0);
  if (!command.positionals.empty()) text += '\n';
  for (const Positional& positional : command.positionals) {
    std::string what(positional.help);
    if (!positional.choices.empty()) what += " One of " + join_choices(split_choices(positional.choices)) + ".";
    if (!positional.default_text.empty()) what += fmt::format(" Default: {}.", positional.default_text);
    text += entry(positional.name, what);
  }
  for (const OptionGroup& group : command.groups) {
    text += fmt::format("\n{}:\n", group.title);
    for (const Option* option : group.options) {
      std::string what(option->help);
      for (const std::string& fact : facts(*option)) what += " " + fact;
      text += entry(spelling(*option), what);
    }
  }
  text += '\n' + entry(spelling(help_option), help_option.help);
  text += "\nexamples:\n";
  for (const Example& example : command.examples)
    text += fmt::format("  {}\n      {}\n", example.command, example.text);
  return text;
}

std::string help(std::string_view wanted_group) {
  std::string text;
  if (wanted_group.empty()) {
    text = wrap(description, 0, 0) + "\nusage: relume COMMAND [OPTIONS] ...\n\ncommands:\n";
  } else {
    text = fmt::format("{}.\n\nusage: relume {} COMMAND [OPTIONS] ...\n\ncommands:\n", group_summary(wanted_group),
                       wanted_group);
  }
  std::set<std::string_view> shown;
  for (const Command& command : commands()) {
    const auto [group, name] = split_name(command);
    if (!wanted_group.empty()) {
      if (group == wanted_group) text += entry(name, command.summary);
    } else if (group.empty()) {
      text += entry(name, command.summary);
    } else if (shown.insert(group).second) {
      text += entry(group, group_summary(group));
    }
  }
  if (!wanted_group.empty())
    return text + fmt::format("\n`relume {} COMMAND --help` shows the options of each.\n", wanted_group);
  text += '\n' + entry("--version", "Show the version.") + entry(spelling(help_option), help_option.help);
  text += "\nexamples:\n";
  for (const Command& command : commands()) {
    if (command.name == "inspect" || command.name == "cls" || command.name == "limit") {
      text += fmt::format("  {}\n", command.examples.front().command);
    }
  }
  text += "\nexit codes:\n";
  for (const auto& [code, meaning] : exit_codes) text += entry(fmt::to_string(code), meaning);
  return text + "\n`relume COMMAND --help` shows the options of each.\n";
}

// ---- manual page ----------------------------------------------------------------------------------------------------

namespace {

std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  if (!escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'')) escaped.insert(0, "\\&");
  return escaped;
}

void add_tagged(std::string& page, std::string_view tag, std::string_view text) {
  page += fmt::format(".TP\n.B {}\n{}\n", roff(tag), roff(text));
}

}  // namespace

std::string manual_page() {
  std::string page = fmt::format(".TH RELUME 1 \"\" \"relume {}\" \"User Commands\"\n", version());
  page += fmt::format(".SH NAME\nrelume \\- {}\n", roff("statistics of published search results"));
  page += ".SH SYNOPSIS\n.B relume\nCOMMAND [OPTIONS] ...\n";
  page += fmt::format(".SH DESCRIPTION\n{}\n", roff(description));
  page += ".SH COMMANDS\n";
  for (const Command& command : commands()) {
    page += fmt::format(".SS {}\n{}.\n.PP\n.B {}\n.PP\n{}\n", roff(command.name), roff(command.summary),
                        roff(usage(command)), roff(command.description));
    for (const Positional& positional : command.positionals) {
      std::string what(positional.help);
      if (!positional.choices.empty()) what += " One of " + join_choices(split_choices(positional.choices)) + ".";
      if (!positional.default_text.empty()) what += fmt::format(" Default: {}.", positional.default_text);
      add_tagged(page, positional.name, what);
    }
    for (const OptionGroup& group : command.groups) {
      for (const Option* option : group.options) {
        std::string what(option->help);
        for (const std::string& fact : facts(*option)) what += " " + fact;
        add_tagged(page, spelling(*option), what);
      }
    }
    page += ".PP\nExamples:\n";
    for (const Example& example : command.examples) add_tagged(page, example.command, example.text);
  }
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes) add_tagged(page, fmt::to_string(code), meaning);
  return page;
}

// ---- Markdown -------------------------------------------------------------------------------------------------------

namespace {

/// For a cell of a table.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string options_page() {
  std::string page =
      "# Options of the command line\n\n"
      "Made by `relume man --format markdown` from the table in `cli/commands.cpp`; a test fails when this page is "
      "stale.\n\n";
  page += std::string(description) + "\n\n";
  for (const Command& command : commands()) {
    page += fmt::format("## relume {}\n\n{}.\n\n    {}\n\n{}\n\n", command.name, command.summary, usage(command),
                        command.description);
    for (const Positional& positional : command.positionals) {
      page += fmt::format("- `{}`: {}", positional.name, positional.help);
      if (!positional.choices.empty()) page += " One of " + join_choices(split_choices(positional.choices)) + ".";
      if (!positional.default_text.empty()) page += fmt::format(" Default: `{}`.", positional.default_text);
      page += '\n';
    }
    if (!command.positionals.empty()) page += '\n';
    for (const OptionGroup& group : command.groups) {
      page += fmt::format("{}:\n\n| option | takes | default | what | why this default |\n|---|---|---|---|---|\n",
                          group.title);
      for (const Option* option : group.options) {
        const std::string takes = option->kind == Kind::flag ? std::string() : describe_values(*option);
        page += fmt::format("| `{}` | {}{} | {} | {} | {} |\n", cell(spelling(*option)), cell(takes),
                            option->is_repeatable ? "; may be repeated" : "", cell(option->default_text),
                            cell(option->help), cell(option->reason));
      }
      page += '\n';
    }
    for (const Example& example : command.examples)
      page += fmt::format("    {}\n\n{}\n\n", example.command, example.text);
  }
  page += "## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const auto& [code, meaning] : exit_codes) page += fmt::format("| {} | {} |\n", code, cell(meaning));
  return page;
}

}  // namespace relume::cli
