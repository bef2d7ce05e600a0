// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a publication without channels and samples holds, also where it takes a signal or a choice to make a likelihood
// of it.
//
//   const Contents contents = contents_of(publication);
//   for (const auto& region : contents.regions) …
//
// Cost: copies of names. Thread-safety: a pure function.
#pragma once

#include <string>
#include <vector>

#include "relume/spec/publication.hpp"

namespace relume::reinterpret {

struct Contents {
  struct Component {
    std::string name, kind, description;
  };
  std::string kind, description;
  std::vector<spec::CountingRegion> regions;  ///< of counting experiments
  std::vector<Component> components;          ///< of products
};

Contents contents_of(const spec::Publication& publication);

}  // namespace relume::reinterpret
