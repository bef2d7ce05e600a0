// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How relume says that input was bad: Result<T>, which holds a value or every problem found.
//
//   auto workspace = formats::read_workspace(bytes, "BkgOnly.json");
//   if (!workspace) { for (const Error& e : workspace.errors()) std::cerr << to_string(e) << '\n'; return; }
//   use(*workspace);
//
// Numerical trouble (no convergence, limit not bracketed) is not an Error: it is a status in a result.
// Cost: an Error is a few strings; a Result is a variant. Thread-safety: values, share nothing.
#pragma once

#include <cassert>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace relume {

enum class ErrorCode {
  io,           ///< a file or stream could not be read or written
  syntax,       ///< bytes that are not well-formed (JSON, archive)
  schema,       ///< well-formed, but not what the format allows
  reference,    ///< a name that does not exist, or exists twice
  model,        ///< a spec that is valid by its schema but describes no model
  patch,        ///< a patch that does not apply
  digest,       ///< a digest that does not match
  option,       ///< an option or argument outside its range
  unsupported,  ///< understood, and deliberately not done
};

/// One problem: what, where, why, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::schema;
  std::string where;    ///< "file.json#/channels/0/samples/1/data", "file.json:3:17", or a parameter's name
  std::string message;  ///< what is wrong, with the offending value
  std::string hint;     ///< what to do; may be empty

  bool operator==(const Error&) const = default;
};

using Errors = std::vector<Error>;

std::string to_string(ErrorCode code);
/// "where: message (hint)", on one line.
std::string to_string(const Error& error);
std::string to_string(const Errors& errors);

/// Thrown by Result::value() for those who prefer exceptions; carries all errors.
class Exception : public std::runtime_error {
 public:
  explicit Exception(Errors errors) : std::runtime_error(to_string(errors)), errors_(std::move(errors)) {}
  const Errors& errors() const noexcept { return errors_; }

 private:
  Errors errors_;
};

/// A value, or at least one Error. The names follow std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, Errors{std::move(error)}) {}
  Result(Errors errors) : state_(std::in_place_index<1>, std::move(errors)) { assert(!std::get<1>(state_).empty()); }

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  T& value() & { return has_value() ? std::get<0>(state_) : throw Exception(errors()); }
  const T& value() const& { return has_value() ? std::get<0>(state_) : throw Exception(errors()); }
  T&& value() && { return has_value() ? std::move(std::get<0>(state_)) : throw Exception(errors()); }

  const Errors& errors() const { return std::get<1>(state_); }
  const Error& error() const { return errors().front(); }

 private:
  std::variant<T, Errors> state_;
};

}  // namespace relume
