// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "arguments.hpp"
#include "documentation.hpp"
#include "output.hpp"

namespace relume::cli {
namespace {

std::vector<const Option*> options_of(const Command& command) {
  std::vector<const Option*> list;
  for (const OptionGroup& group : command.groups) list.insert(list.end(), group.options.begin(), group.options.end());
  return list;
}

/// Names at the top level, each group once.
std::vector<std::string_view> top_level_names() {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) {
    const auto [group, name] = split_name(command);
    const std::string_view top = group.empty() ? name : group;
    if (std::find(names.begin(), names.end(), top) == names.end()) names.push_back(top);
  }
  return names;
}

std::set<std::string_view> groups() {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    if (const auto group = split_name(command).first; !group.empty()) names.insert(group);
  }
  return names;
}

std::string words_in(std::string_view group) {
  std::string words;
  for (const Command& command : commands()) {
    const auto [of, name] = split_name(command);
    if (of == group) words += fmt::format("{}{}", words.empty() ? "" : " ", name);
  }
  return words;
}

std::string join_words(const std::vector<std::string_view>& words, std::string_view separator) {
  std::string text;
  for (const std::string_view word : words) text += fmt::format("{}{}", text.empty() ? "" : separator, word);
  return text;
}

/// A menu has room for one.
std::string_view first_sentence(std::string_view text) {
  text = text.substr(0, text.find(". "));
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// For text between single quotes in a shell.
std::string quoted(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string bash_completions() {
  std::string script =
      "# bash completion for relume; made by `relume completions bash`\n"
      "_relume() {\n"
      "  local cur prev command word i\n"
      "  COMPREPLY=()\n"
      "  cur=${COMP_WORDS[COMP_CWORD]}\n"
      "  prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  command=\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    [[ $word == -* ]] && continue\n"
      "    if [[ -z $command ]]; then command=$word\n";
  for (const std::string_view group : groups()) {
    script += fmt::format("    elif [[ $command == {} ]]; then command=\"{} $word\"\n", group, group);
  }
  script +=
      "    fi\n"
      "  done\n"
      "  local IFS=$'\\n'\n"
      "  case $command in\n";
  script += fmt::format("    '') COMPREPLY=($(compgen -W $'{}\\n--help\\n--version' -- \"$cur\")); return;;\n",
                        join_words(top_level_names(), "\\n"));
  for (const std::string_view group : groups()) {
    std::string words = words_in(group);
    for (std::size_t at = words.find(' '); at != std::string::npos; at = words.find(' ', at))
      words.replace(at, 1, "\\n");
    script += fmt::format("    '{}') COMPREPLY=($(compgen -W $'{}\\n--help' -- \"$cur\")); return;;\n", group, words);
  }
  for (const Command& command : commands()) {
    script += fmt::format("    '{}')\n      case $prev in\n", command.name);
    std::string all = "--help";
    for (const Option* option : options_of(command)) {
      all += fmt::format("\\n--{}", option->name);
      std::string pattern = fmt::format("--{}", option->name);
      if (option->letter != 0) pattern += fmt::format("|-{}", option->letter);
      if (option->kind == Kind::choice) {
        script += fmt::format("        {}) COMPREPLY=($(compgen -W $'{}' -- \"$cur\")); return;;\n", pattern,
                              join_words(split_choices(option->choices), "\\n"));
      } else if (option->kind == Kind::file) {
        script += fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n", pattern);
      } else if (option->kind != Kind::flag) {
        script += fmt::format("        {}) return;;\n", pattern);
      }
    }
    script += "      esac\n";
    script +=
        fmt::format("      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W $'{}' -- \"$cur\")); return; fi\n", all);
    if (!command.positionals.empty() && !command.positionals.front().choices.empty()) {
      script += fmt::format("      COMPREPLY=($(compgen -W $'{}' -- \"$cur\"));;\n",
                            join_words(split_choices(command.positionals.front().choices), "\\n"));
    } else {
      script += "      COMPREPLY=($(compgen -f -- \"$cur\"));;\n";
    }
  }
  script +=
      "  esac\n"
      "}\n"
      "complete -o filenames -F _relume relume\n";
  return script;
}

std::string zsh_completions() {
  constexpr std::string_view special = "[]:\\";
  std::string script =
      "#compdef relume\n"
      "# zsh completion for relume; made by `relume completions zsh`\n";
  for (const Command& command : commands()) {
    std::string function = fmt::format("_relume_{}", command.name);
    std::replace(function.begin(), function.end(), ' ', '_');
    script += fmt::format("\n{}() {{\n  _arguments \\\n    '(-h --help)'{{-h,--help}}'[show help]'", function);
    for (const Option* option : options_of(command)) {
      std::string action;
      switch (option->kind) {
        case Kind::flag: break;
        case Kind::file: action = fmt::format(":{}:_files", option->metavar); break;
        case Kind::choice: {
          std::string choices;
          for (const std::string_view choice : split_choices(option->choices)) {
            choices += fmt::format("{}{}", choices.empty() ? "" : " ", quoted(choice, " \\"));
          }
          action = fmt::format(":{}:({})", option->metavar, choices);
          break;
        }
        case Kind::pair: action = ":old name: :new name: "; break;
        default: action = fmt::format(":{}: ", option->metavar);
      }
      const std::string what = fmt::format("[{}]{}", quoted(first_sentence(option->help), special), action);
      const std::string_view star = option->is_repeatable ? "*" : "";
      script += fmt::format(" \\\n    '{}--{}{}'", star, option->name, what);
      if (option->letter != 0) script += fmt::format(" \\\n    '{}-{}{}'", star, option->letter, what);
    }
    for (const Positional& positional : command.positionals) {
      std::string choices(positional.choices);
      std::replace(choices.begin(), choices.end(), '|', ' ');
      script += fmt::format(" \\\n    '{}:{}:{}'", positional.is_repeatable ? "*" : "", positional.name,
                            choices.empty() ? "_files" : "(" + choices + ")");
    }
    script += "\n}\n";
  }
  const auto add_dispatch = [&](std::string_view group) {
    script += fmt::format(
        "\n_relume{}{}() {{\n  local line state\n  _arguments -C '1: :->command' '*::argument:->argument'\n",
        group.empty() ? "" : "_group_", group);
    script += "  case $state in\n    command)\n      local -a names=(";
    for (const std::string_view name : group.empty() ? top_level_names() : std::vector<std::string_view>{}) {
      std::string_view summary = group_summary(name);
      for (const Command& command : commands()) {
        if (command.name == name) summary = command.summary;
      }
      script += fmt::format("\n        '{}:{}'", name, quoted(summary, special));
    }
    for (const Command& command : commands()) {
      const auto [of, name] = split_name(command);
      if (!group.empty() && of == group)
        script += fmt::format("\n        '{}:{}'", name, quoted(command.summary, special));
    }
    script += fmt::format(")\n      _describe command names\n      ;;\n    argument)\n      case $line[1] in\n");
    for (const Command& command : commands()) {
      const auto [of, name] = split_name(command);
      if (of != group) continue;
      std::string function = fmt::format("_relume_{}", command.name);
      std::replace(function.begin(), function.end(), ' ', '_');
      script += fmt::format("        {}) {} ;;\n", name, function);
    }
    if (group.empty()) {
      for (const std::string_view other : groups())
        script += fmt::format("        {}) _relume_group_{} ;;\n", other, other);
    }
    script += "      esac\n      ;;\n  esac\n}\n";
  };
  for (const std::string_view group : groups()) add_dispatch(group);
  add_dispatch({});
  // Found in $fpath, the file is the body of _relume and is called to complete; sourced, it has to announce itself.
  return script + "\nif [[ $funcstack[1] == _relume ]]; then _relume \"$@\"; else compdef _relume relume; fi\n";
}

std::string fish_completions() {
  std::string script =
      "# fish completion for relume; made by `relume completions fish`\n"
      "complete -c relume -n '__fish_use_subcommand' -s h -l help -d 'Show help'\n"
      "complete -c relume -n '__fish_use_subcommand' -l version -d 'Show the version'\n";
  for (const std::string_view name : top_level_names()) {
    std::string_view summary = group_summary(name);
    for (const Command& command : commands()) {
      if (command.name == name) summary = command.summary;
    }
    script +=
        fmt::format("complete -c relume -f -n '__fish_use_subcommand' -a {} -d '{}'\n", name, quoted(summary, "\\"));
  }
  for (const Command& command : commands()) {
    const auto [group, name] = split_name(command);
    std::string condition = fmt::format("__fish_seen_subcommand_from {}", name);
    if (!group.empty()) {
      script += fmt::format(
          "complete -c relume -f -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -a {} -d "
          "'{}'\n",
          group, words_in(group), name, quoted(command.summary, "\\"));
      condition = fmt::format("__fish_seen_subcommand_from {}; and {}", group, condition);
    }
    for (const Positional& positional : command.positionals) {
      if (positional.choices.empty()) continue;
      std::string choices(positional.choices);
      std::replace(choices.begin(), choices.end(), '|', ' ');
      script += fmt::format("complete -c relume -f -n '{}' -a '{}'\n", condition, choices);
    }
    for (const Option* option : options_of(command)) {
      script += fmt::format("complete -c relume -n '{}' -l {}", condition, option->name);
      if (option->letter != 0) script += fmt::format(" -s {}", option->letter);
      if (option->kind == Kind::choice) {
        std::string choices;
        for (const std::string_view choice : split_choices(option->choices)) {
          choices += fmt::format("{}\"{}\"", choices.empty() ? "" : " ", choice);
        }
        script += fmt::format(" -x -a '{}'", choices);
      } else if (option->kind == Kind::file) {
        script += " -r -F";
      } else if (option->kind != Kind::flag) {
        script += " -x";
      }
      script += fmt::format(" -d '{}'\n", quoted(first_sentence(option->help), "\\"));
    }
  }
  return script;
}

int run_completions(const Arguments& arguments) {
  const std::string& shell = arguments.positionals.front();
  print(shell == "bash" ? bash_completions() : shell == "zsh" ? zsh_completions() : fish_completions());
  return exit_code::ok;
}

}  // namespace relume::cli
