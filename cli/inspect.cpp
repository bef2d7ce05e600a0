// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"

namespace relume::cli {

int run_inspect(const Arguments& arguments) {
  (void)arguments;
  return exit_code::internal;
}

}  // namespace relume::cli
