// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.hpp"

#include <charconv>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "documentation.hpp"
#include "relume/base/version.hpp"

namespace relume::cli {
namespace {

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_in_range(double value, const Option& option) {
  return (option.min_is_excluded ? value > option.min : value >= option.min) &&
         (option.max_is_excluded ? value < option.max : value <= option.max);
}

/// Why `text` is no value of the option; empty if it is one.
std::string complain(const Option& option, const std::string& text) {
  switch (option.kind) {
    case Kind::number: {
      const auto value = parse_number(text);
      if (value && is_in_range(*value, option)) return {};
      return fmt::format("needs {}, not '{}'", describe_values(option), text);
    }
    case Kind::integer: {
      const auto value = parse_integer(text);
      if (value && is_in_range(static_cast<double>(*value), option)) return {};
      return fmt::format("needs {}, not '{}'", describe_values(option), text);
    }
    case Kind::choice: {
      for (const std::string_view choice : split_choices(option.choices)) {
        if (text == choice) return {};
      }
      return fmt::format("needs {}, not '{}'", describe_values(option), text);
    }
    case Kind::assignment: {
      const std::size_t equals = text.rfind('=');
      if (equals == std::string::npos || equals == 0 || !parse_number(std::string_view(text).substr(equals + 1))) {
        return fmt::format("needs {}, not '{}'", describe_values(option), text);
      }
      return {};
    }
    default:
      return text.empty() && option.kind != Kind::text ? std::string("needs a value that is not empty") : std::string{};
  }
}

/// One subcommand as CLI11 sees it, and where its values go.
struct Registered {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::pair<const Option*, std::vector<std::string>>> values;
  std::vector<std::string> positionals;
};

void add_option(CLI::App& app, const Option& option, std::vector<std::string>& target) {
  std::string names = fmt::format("--{}", option.name);
  if (option.letter != 0) names = fmt::format("-{},{}", option.letter, names);
  if (option.kind == Kind::flag) {
    app.add_flag(names,
                 [&target](std::int64_t count) { target.assign(static_cast<std::size_t>(count), std::string()); });
    return;
  }
  CLI::Option* added = app.add_option(names, target);
  // One value (or pair) per occurrence, so that an option never swallows the workspace behind it.
  if (option.kind == Kind::pair) added->type_size(2);
  added->expected(1)->allow_extra_args(false);
  added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void check(const Option& option, const std::vector<std::string>& values) {
  const std::size_t words = option.kind == Kind::pair ? 2 : 1;
  if (!option.is_repeatable && values.size() > words) {
    throw UsageError(
        fmt::format("--{}: given {} times, and only once makes sense", option.name, values.size() / words));
  }
  for (const std::string& value : values) {
    if (option.kind == Kind::flag) continue;
    const std::string complaint = complain(option, value);
    if (!complaint.empty()) throw UsageError(fmt::format("--{}: {}", option.name, complaint));
  }
}

constexpr int max_words = 1 << 16;

std::vector<std::string> fill_positionals(const Command& command, std::vector<std::string> given) {
  const bool takes_more = !command.positionals.empty() && command.positionals.back().is_repeatable;
  if (given.size() > command.positionals.size() && !takes_more) {
    throw UsageError(fmt::format("'{}' is not expected", given[command.positionals.size()]));
  }
  for (std::size_t i = 0; i < command.positionals.size(); ++i) {
    const Positional& positional = command.positionals[i];
    if (i >= given.size()) {
      if (positional.default_text.empty()) throw UsageError(fmt::format("{} is missing", positional.name));
      // Waiting for somebody to type a workspace helps nobody.
      if (positional.default_text == "-" && ::isatty(STDIN_FILENO) != 0) {
        throw UsageError(fmt::format("{} is missing, and standard input is a terminal", positional.name));
      }
      given.emplace_back(positional.default_text);
    }
    if (given[i].empty()) throw UsageError(fmt::format("{} is an empty text", positional.name));
    if (positional.choices.empty()) continue;
    const auto choices = split_choices(positional.choices);
    if (std::find(choices.begin(), choices.end(), given[i]) == choices.end()) {
      throw UsageError(fmt::format("{} needs {}, not '{}'", positional.name, join_choices(choices), given[i]));
    }
  }
  return given;
}

/// The first word that is no command, for a clear message.
std::string unknown_command(int argc, char** argv, std::string_view group) {
  const int first = group.empty() ? 1 : 2;
  if (argc > first && argv[first][0] != '-') {
    return fmt::format("there is no command '{}{}{}'", group, group.empty() ? "" : " ", argv[first]);
  }
  return fmt::format("a command is needed{}", group.empty() ? std::string() : fmt::format(" after '{}'", group));
}

}  // namespace

std::string Arguments::text(const Option& option) const {
  const auto found = values.find(&option);
  return found == values.end() ? std::string(option.default_text) : found->second.back();
}

double Arguments::number(const Option& option) const { return parse_number(text(option)).value(); }
std::int64_t Arguments::integer(const Option& option) const { return parse_integer(text(option)).value(); }

std::optional<double> Arguments::optional_number(const Option& option) const {
  return given(option) ? parse_number(text(option)) : std::nullopt;
}

std::vector<double> Arguments::numbers(const Option& option) const {
  std::vector<double> result;
  for (const std::string& text : all(option)) result.push_back(parse_number(text).value());
  return result;
}

std::vector<std::string> Arguments::all(const Option& option) const {
  const auto found = values.find(&option);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

std::vector<std::pair<std::string, double>> Arguments::assignments(const Option& option) const {
  std::vector<std::pair<std::string, double>> result;
  for (const std::string& text : all(option)) {
    const std::size_t equals = text.rfind('=');
    result.emplace_back(text.substr(0, equals), parse_number(std::string_view(text).substr(equals + 1)).value());
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> Arguments::pairs(const Option& option) const {
  std::vector<std::pair<std::string, std::string>> result;
  const std::vector<std::string> words = all(option);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) result.emplace_back(words[i], words[i + 1]);
  return result;
}

ParsedLine parse(int argc, char** argv) {
  CLI::App app("relume", "relume");
  app.set_help_flag("-h,--help");
  app.set_version_flag("--version", fmt::format("relume {}", version()));
  std::map<std::string_view, CLI::App*> groups;
  std::vector<std::unique_ptr<Registered>> registered;
  for (const Command& command : commands()) {
    const auto [group, name] = split_name(command);
    CLI::App* parent = &app;
    if (!group.empty()) {
      CLI::App*& found = groups[group];
      if (found == nullptr) found = app.add_subcommand(std::string(group));
      parent = found;
    }
    auto entry = std::make_unique<Registered>();
    entry->command = &command;
    entry->app = parent->add_subcommand(std::string(name));
    entry->app->set_help_flag("-h,--help");
    // Too many are counted later, so that an unknown option in front of them is what is complained about.
    entry->app->add_option("positionals", entry->positionals)->expected(0, max_words);
    for (const OptionGroup& option_group : command.groups) {
      for (const Option* option : option_group.options) entry->values.emplace_back(option, std::vector<std::string>{});
    }
    for (auto& [option, values] : entry->values) add_option(*entry->app, *option, values);
    registered.push_back(std::move(entry));
  }
  const auto chosen = [&]() -> Registered* {
    for (const auto& entry : registered) {
      if (entry->app->parsed()) return entry.get();
    }
    return nullptr;
  };
  const auto chosen_group = [&]() -> std::string_view {
    for (const auto& [name, group] : groups) {
      if (group->parsed()) return name;
    }
    return {};
  };

  ParsedLine line;
  const auto try_hint = [&] {
    const Registered* entry = chosen();
    const std::string_view name = entry != nullptr ? entry->command->name : chosen_group();
    return fmt::format("\n`relume {}{}--help` shows how it is used", name, name.empty() ? "" : " ");
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const Registered* entry = chosen();
    line.message = entry != nullptr ? help(*entry->command) : help(chosen_group());
    return line;
  } catch (const CLI::CallForVersion& call) {
    line.message = std::string(call.what()) + '\n';
    return line;
  } catch (const CLI::ParseError& error) {
    Registered* const entry = chosen();
    if (entry == nullptr) throw UsageError(unknown_command(argc, argv, chosen_group()) + try_hint());
    const std::vector<std::string> unknown = entry->app->remaining();
    const std::string problem =
        unknown.empty() ? error.what() : fmt::format("there is no option '{}'", unknown.front());
    throw UsageError(problem + try_hint());
  }
  Registered* entry = chosen();
  if (entry == nullptr) throw UsageError(unknown_command(argc, argv, chosen_group()) + try_hint());
  line.command = entry->command;
  try {
    for (auto& [option, values] : entry->values) {
      check(*option, values);
      if (!values.empty()) line.arguments.values.emplace(option, std::move(values));
    }
    line.arguments.workspace_was_given = !entry->positionals.empty();
    line.arguments.positionals = fill_positionals(*entry->command, std::move(entry->positionals));
  } catch (const UsageError& error) {
    throw UsageError(error.what() + try_hint());
  }
  return line;
}

}  // namespace relume::cli
