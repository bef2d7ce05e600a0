// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/base/error.hpp"

namespace relume {

std::string to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::io: return "io";
    case ErrorCode::syntax: return "syntax";
    case ErrorCode::schema: return "schema";
    case ErrorCode::reference: return "reference";
    case ErrorCode::model: return "model";
    case ErrorCode::patch: return "patch";
    case ErrorCode::digest: return "digest";
    case ErrorCode::option: return "option";
    case ErrorCode::unsupported: return "unsupported";
  }
  return "unknown";
}

std::string to_string(const Error& error) {
  std::string text;
  if (!error.where.empty()) text.append(error.where).append(": ");
  text.append(error.message);
  if (!error.hint.empty()) text.append(" (").append(error.hint).append(")");
  return text;
}

std::string to_string(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text.push_back('\n');
    text.append(to_string(error));
  }
  return text;
}

}  // namespace relume
