// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "reinterpret/delaunay.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <fmt/format.h>

extern "C" {
#include <libqhull_r/qhull_ra.h>
}

namespace relume::reinterpret {
namespace {

/// Qhull writes its messages to a stream: this one is memory.
class Messages {
 public:
  Messages() : stream_(::open_memstream(&text_, &size_)) {}
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;
  ~Messages() {
    if (stream_ != nullptr) std::fclose(stream_);
    std::free(text_);
  }
  std::FILE* stream() { return stream_; }
  /// The first line.
  std::string first() {
    if (stream_ == nullptr || std::fflush(stream_) != 0) return {};
    const std::string all(text_, size_);
    return all.substr(0, all.find('\n'));
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

/// Frees what Qhull has allocated.
class Hull {
 public:
  explicit Hull(std::FILE* errors) { qh_zero(&state_, errors); }
  Hull(const Hull&) = delete;
  Hull& operator=(const Hull&) = delete;
  ~Hull() {
    state_.NOerrexit = True;
    qh_freeqhull(&state_, !qh_ALL);
    int n_current = 0, n_total = 0;
    qh_memfreeshort(&state_, &n_current, &n_total);
  }
  qhT* get() { return &state_; }

 private:
  qhT state_{};
};

}  // namespace

Result<std::vector<std::size_t>> delaunay(std::vector<double> points, std::size_t n_dimensions) {
  const std::size_t n_points = points.size() / n_dimensions;
  Messages messages;
  if (messages.stream() == nullptr) {
    return Error{ErrorCode::io, "triangulation", "no memory stream could be opened", {}};
  }
  Hull hull(messages.stream());
  qhT* qh = hull.get();
  // Qt: simplices only. Qbb, Qz: precision of the lifted coordinate, points on one sphere. Q12: no abort on wide
  // facets. Qx: exact merges wait, which many dimensions need.
  std::string command = n_dimensions > 4 ? "qhull d Qt Qbb Qz Qx Q12" : "qhull d Qt Qbb Qz Q12";
  const int code = qh_new_qhull(qh, static_cast<int>(n_dimensions), static_cast<int>(n_points), points.data(), False,
                                command.data(), nullptr, messages.stream());
  if (code != 0) {
    return Error{
        ErrorCode::model, "triangulation",
        fmt::format("{} points in {} dimensions cannot be triangulated: {}", n_points, n_dimensions, messages.first()),
        "the points may lie too close to a plane of fewer dimensions"};
  }
  std::vector<std::size_t> simplices;
  const auto n_corners = n_dimensions + 1;
  for (facetT* facet = qh->facet_list; facet != nullptr && facet->next != nullptr; facet = facet->next) {
    if (facet->upperdelaunay) continue;
    const std::size_t begin = simplices.size();
    bool is_sound = true;
    const int size = qh_setsize(qh, facet->vertices);
    for (int i = 0; i < size; ++i) {
      const auto* vertex = static_cast<const vertexT*>(facet->vertices->e[i].p);
      const int id = qh_pointid(qh, vertex->point);
      is_sound = is_sound && id >= 0 && static_cast<std::size_t>(id) < n_points;
      simplices.push_back(static_cast<std::size_t>(std::max(id, 0)));
    }
    if (!is_sound || simplices.size() - begin != n_corners) simplices.resize(begin);
  }
  return simplices;
}

}  // namespace relume::reinterpret
