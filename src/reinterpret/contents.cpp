// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/contents.hpp"

#include <variant>

#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"

namespace relume::reinterpret {

Contents contents_of(const spec::Publication& publication) {
  Contents contents{std::string(formats::likelihood_kind(publication)), formats::describe(publication), {}, {}};
  if (const auto* counts = std::get_if<spec::CountingExperiments>(&publication.value)) {
    contents.regions = counts->regions;
  }
  if (const auto* product = std::get_if<spec::Product>(&publication.value)) {
    for (const spec::Component& component : product->components) {
      contents.components.push_back({component.name, std::string(formats::likelihood_kind(component.publication)),
                                     formats::describe(component.publication)});
    }
  }
  return contents;
}

}  // namespace relume::reinterpret
