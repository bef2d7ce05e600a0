// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The outermost loop over what is independent: points of a patchset, toys, parameters.
//
//   for_each_in_parallel(points.size(), 4, [&] { return [&](std::size_t i) { results[i] = ask(points[i]); }; });
//
// Which thread takes which index depends on their speed; what an index answers does not, as long as workers share
// nothing that is written. An exception ends the loop and comes out of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace relume {

/// Calls `make_worker` once in each thread (its work space lives there), and what it returns with every index below n.
/// A thread takes `chunk` indices at a time: more than one pays where an index takes microseconds.
template <class MakeWorker>
void for_each_in_parallel(std::size_t n, std::size_t n_threads, MakeWorker&& make_worker, std::size_t chunk = 1) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      auto worker = make_worker();
      for (std::size_t first = next.fetch_add(chunk); first < n; first = next.fetch_add(chunk)) {
        for (std::size_t i = first; i < std::min(first + chunk, n); ++i) worker(i);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = n;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(n_threads, n); ++i) threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace relume
