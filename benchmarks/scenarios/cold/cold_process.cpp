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

#include "contender.hpp"

namespace {

/// A program that took longer than this is not started again.
constexpr double no_repeat_above_seconds = 10.0;

[[noreturn]] void become(char** command, rlim_t limit_seconds) {
  const rlimit processor_time = {limit_seconds, limit_seconds + 1}, no_dump = {0, 0};
  setrlimit(RLIMIT_CPU, &processor_time);
  setrlimit(RLIMIT_CORE, &no_dump);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever stops us stops it
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
  execvp(command[0], command);
  _exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s REPETITIONS LIMIT COMMAND...\n", argv[0]);
    return 1;
  }
  const int repetitions = std::atoi(argv[1]);
  const auto limit_seconds = static_cast<rlim_t>(std::atoi(argv[2]));
  std::vector<relume::benchmarks::Elapsed> times;
  long peak_kilobytes = 0;
  int status = 0;
  // The first start, which brings the files into the page cache, is not counted unless it is the only one.
  for (int k = 0; k <= repetitions; ++k) {
    const relume::benchmarks::Stopwatch watch;
    const pid_t child = fork();
    if (child == 0) become(argv + 3, limit_seconds);
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
      std::perror(argv[0]);
      return 2;
    }
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    const relume::benchmarks::Elapsed time = {seconds(usage.ru_utime) + seconds(usage.ru_stime), watch.elapsed().wall};
    peak_kilobytes = std::max(peak_kilobytes, usage.ru_maxrss);
    if (k > 0 || time.wall > no_repeat_above_seconds) times.push_back(time);
    if (status != 0 || time.wall > no_repeat_above_seconds) break;
  }
  relume::benchmarks::say({{"event", "processes"},
                           {"wall_s", relume::benchmarks::wall_seconds(times)},
                           {"cpu_s", relume::benchmarks::cpu_seconds(times)},
                           {"peak_MB", static_cast<double>(peak_kilobytes) * 1024e-6}});
  if (WIFSIGNALED(status)) raise(WTERMSIG(status));  // out of time, say: let our caller see it as its own end
  return WEXITSTATUS(status);
}
