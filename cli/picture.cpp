// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "picture.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.hpp"
#include "relume/base/error.hpp"
#include "relume/formats/json.hpp"

// POSIX leaves this to programs; the headers of glibc have it already.
extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace relume::cli {
namespace {

constexpr std::string_view how_to_install =
    "pip install \"relume[plot]\", and set RELUME_PYTHON to that interpreter if it is not python3 on PATH";

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Exception({{ErrorCode::io, "--plot", std::move(message), std::move(hint)}});
}

std::string interpreter() {
  const char* chosen = std::getenv("RELUME_PYTHON");
  return chosen != nullptr && *chosen != '\0' ? chosen : "python3";
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A file without a name. Unlike pipes, two of them cannot block each other, and a reader that goes away is no signal.
File scratch_file(std::string_view content = {}) {
  File file(std::tmpfile(), &std::fclose);
  const auto written = [&] {  // a view of nothing may point to nothing, which fwrite must not be given
    return content.empty() || std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  };
  if (!file || !written() || std::fflush(file.get()) != 0) {
    refuse(fmt::format("no temporary file: {}", std::strerror(errno)), fmt::format("is there room in {}?", P_tmpdir));
  }
  std::rewind(file.get());
  return file;
}

std::string last_line(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), file)) text.append(block.data(), n);
  text.erase(text.find_last_not_of(" \n\r") + 1);
  return text.substr(text.find_last_of('\n') + 1);  // npos + 1 is 0
}

/// PYTHONSAFEPATH: else Python (3.11 and later) would look for modules in the working folder first, and a file that is
/// called matplotlib.py there would be run.
std::vector<char*> environment() {
  static char safe_path[] = "PYTHONSAFEPATH=1";
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(safe_path);
  variables.push_back(nullptr);
  return variables;
}

struct Ended {
  int code = 0;
  std::string complaint;  ///< last line on standard error
};

Ended run_python(const Arguments& arguments, std::string_view kind, std::string_view input, bool check_only) {
  const std::string program = interpreter();
  std::vector<std::string> words = {program, "-m", "relume.plot", std::string(kind),
                                    // One word, so that a name that starts with a dash is still a name.
                                    "--output=" + arguments.text(options::plot)};
  if (check_only) words.emplace_back("--check");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> envp = environment();
  const File in = scratch_file(input), errors = scratch_file();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
  // Standard output is for the result: nothing of Python may get in between.
  posix_spawn_file_actions_adddup2(&actions, fileno(errors.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors.get()), STDERR_FILENO);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    refuse(fmt::format("pictures need Python, and '{}' cannot be run: {}", program, std::strerror(failure)),
           std::string(how_to_install));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) refuse(fmt::format("lost sight of '{}': {}", program, std::strerror(errno)), {});
  }
  if (WIFEXITED(status)) return {WEXITSTATUS(status), last_line(errors.get())};
  return {128 + WTERMSIG(status), fmt::format("'{}' was ended by signal {}", program, WTERMSIG(status))};
}

void run_or_refuse(const Arguments& arguments, std::string_view kind, std::string_view input, bool check_only) {
  const Ended ended = run_python(arguments, kind, input, check_only);
  if (ended.code == 0) return;
  const std::string why =
      ended.complaint.empty() ? fmt::format("'{}' failed with {}", interpreter(), ended.code) : ended.complaint;
  // A complaint of relume.plot itself is about the file or the points; all others are about what is not installed.
  const bool is_installed = why.starts_with("relume.plot: ");
  refuse(fmt::format("no picture: {}", why), is_installed ? std::string() : std::string(how_to_install));
}

}  // namespace

void check_picture(const Arguments& arguments, std::string_view kind) {
  if (arguments.given(options::plot)) run_or_refuse(arguments, kind, {}, true);
}

void check_picture_of_points(const Arguments& arguments) {
  if (!arguments.given(options::plot)) return;
  if (!arguments.given(options::patchset) || arguments.given(options::point)) {
    throw UsageError("--plot shows all points of a patchset: give --patchset, and no --point");
  }
  check_picture(arguments, "limits");
}

int draw_picture(const Arguments& arguments, std::string_view kind, const spec::JsonObject& result, int code) {
  if (!arguments.given(options::plot)) return code;
  if (code != exit_code::ok) {
    warn("no picture: the result is not usable, or not complete");
    return code;
  }
  run_or_refuse(arguments, kind, formats::write_json(result), false);
  return code;
}

}  // namespace relume::cli
