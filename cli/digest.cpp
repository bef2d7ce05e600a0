// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/digest.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_digest(const Arguments& arguments) {
  if (arguments.given(options::digest_json) && arguments.given(options::digest_plaintext)) {
    throw UsageError("--json and --plaintext exclude each other");
  }
  std::vector<std::string> algorithms = arguments.all(options::algorithm);
  if (algorithms.empty()) algorithms.emplace_back(options::algorithm.default_text);
  const std::string& name = arguments.positionals.front();
  // Only what is a workspace has a digest that means anything to a patchset.
  const spec::Json document = read_workspace_document(name, "digest").document;
  spec::JsonObject digests;
  std::string lines;
  for (const std::string& algorithm : algorithms) {
    if (spec::find(spec::Json(digests), algorithm) != nullptr) continue;
    const std::string hex = formats::digest(document, formats::digest_algorithm_from_string(algorithm).value());
    digests.emplace_back(algorithm, hex);
    lines += fmt::format("{}:{}\n", algorithm, hex);
  }
  if (arguments.given(options::digest_json))
    write_document(arguments, digests);
  else
    write_text(arguments, lines);
  return exit_code::ok;
}

}  // namespace relume::cli
