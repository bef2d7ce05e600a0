// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.hpp"
#include "documentation.hpp"
#include "output.hpp"

namespace relume::cli {

int run_man(const Arguments& arguments) {
  print(arguments.text(options::man_format) == "markdown" ? options_page() : manual_page());
  return exit_code::ok;
}

}  // namespace relume::cli
