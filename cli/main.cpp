// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The only place where errors become exit codes.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "arguments.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "relume/base/error.hpp"

namespace {

using namespace relume;
using namespace relume::cli;

int report(const Errors& errors) {
  for (const Error& error : errors) complain(to_string(error));
  const bool all_about_options =
      std::all_of(errors.begin(), errors.end(), [](const Error& e) { return e.code == ErrorCode::option; });
  return all_about_options ? exit_code::usage : exit_code::input;
}

int run(int argc, char** argv) {
  const ParsedLine line = parse(argc, argv);
  if (line.command != nullptr) return line.command->run(line.arguments);
  print(line.message);
  return exit_code::ok;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "relume: %s\n", error.what());
    return exit_code::usage;
  } catch (const Exception& exception) {
    return report(exception.errors());
  } catch (const UnusableModel& failure) {
    complain(failure.what());
    return failure.status == infer::Status::interrupted ? exit_code::interrupted : exit_code::not_usable;
  } catch (const std::bad_alloc&) {
    std::fputs("relume: out of memory; if the input is of a usual size, please report this as a bug\n", stderr);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "relume: internal error, please report this as a bug: %s\n", exception.what());
  } catch (...) {
    std::fputs("relume: internal error, please report this as a bug\n", stderr);
  }
  return exit_code::internal;
}
