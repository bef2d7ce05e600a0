// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Clocks.
#pragma once

#include <chrono>
#include <ctime>

namespace relume::benchmarks {

/// A benchmark uses one thread, so on an idle machine both are the same; on a busy one processor time is what counts.
struct Elapsed {
  double cpu = 0.0, wall = 0.0;

  Elapsed& operator+=(const Elapsed& other) {
    cpu += other.cpu;
    wall += other.wall;
    return *this;
  }
  Elapsed operator/(double n) const { return {cpu / n, wall / n}; }
};

/// Reading the processor time costs about 0.3 us: time a batch of what is shorter than some 30 us.
class Stopwatch {
 public:
  Elapsed elapsed() const {
    const Elapsed time = now();
    return {time.cpu - begin_.cpu, time.wall - begin_.wall};
  }
  /// Time since the last lap, or since the start.
  Elapsed lap() {
    const Elapsed last = lap_;
    lap_ = now();
    return {lap_.cpu - last.cpu, lap_.wall - last.wall};
  }

 private:
  static Elapsed now() {
    timespec cpu{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    const auto wall = std::chrono::steady_clock::now().time_since_epoch();
    return {static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec),
            std::chrono::duration<double>(wall).count()};
  }
  Elapsed begin_ = now(), lap_ = begin_;
};

}  // namespace relume::benchmarks
