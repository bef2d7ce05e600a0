// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <iostream>

#include "relume/relume.hpp"

int main(int, char** arguments) {
  const std::string bytes = relume::formats::read_input(arguments[1]).value();
  const auto workspace = relume::formats::read_workspace(bytes, arguments[1]).value();
  const auto model = relume::model::compile(workspace).value();
  const auto limit = relume::infer::upper_limit(*model.likelihood, model.observed);
  std::cout << relume::report::to_table(limit, *model.likelihood);
}
