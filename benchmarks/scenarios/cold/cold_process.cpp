// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Starts a program again and again and says how long it took and how much memory it held: cold_process REPETITIONS
// COMMAND… A small process does this, not Python: on Linux a child's peak memory starts at that of the process that it
// was forked from.
#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.hpp"

namespace {

/// A program that took longer than this is not started again.
constexpr double no_repeat_above_seconds = 10.0;

[[noreturn]] void become(char** command) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever stops us stops it
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
  execvp(command[0], command);
  _exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s REPETITIONS COMMAND...\n", argv[0]);
    return 1;
  }
  const int repetitions = std::atoi(argv[1]);
  std::vector<double> times;
  long peak_kilobytes = 0;
  int status = 0;
  // The first start, which brings the files into the page cache, is not counted unless it is the only one.
  for (int k = 0; k <= repetitions; ++k) {
    const relume::benchmarks::Stopwatch watch;
    const pid_t child = fork();
    if (child == 0) become(argv + 2);
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
      std::perror(argv[0]);
      return 2;
    }
    const double seconds = watch.seconds();
    peak_kilobytes = std::max(peak_kilobytes, usage.ru_maxrss);
    if (k > 0 || seconds > no_repeat_above_seconds) times.push_back(seconds);
    if (status != 0 || seconds > no_repeat_above_seconds) break;
  }
  relume::benchmarks::say({{"event", "processes"},
                           {"seconds", relume::benchmarks::to_array(times)},
                           {"peak_MB", static_cast<double>(peak_kilobytes) * 1024e-6}});
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
