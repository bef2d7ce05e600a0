// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A publication with what reading it took for granted. Formats that leave nothing open have no notes.
//
//   formats::NotedPublication read = formats::read_publication_input("cms_sus_16_039.info").value();
//   for (const std::string& note : read.notes) std::cerr << note << '\n';
#pragma once

#include <string>
#include <vector>

#include "relume/spec/publication.hpp"

namespace relume::formats {

struct NotedPublication {
  spec::Publication publication;
  std::vector<std::string> notes = {};  ///< what was taken for what, in words
};

}  // namespace relume::formats
