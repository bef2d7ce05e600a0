// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// relume's signal file (docs/formats/signal.md, JSON Schema beside it): bytes <-> spec::Signal.
//
//   spec::Signal signal = formats::read_signal(bytes, "my_yields.json").value();
#pragma once

#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/signal.hpp"

namespace relume::formats {

Result<spec::Signal> read_signal(std::string_view bytes, std::string_view source_name);
Result<spec::Signal> signal_from_json(const spec::Json& document, std::string_view source_name);
spec::Json signal_to_json(const spec::Signal& signal);

}  // namespace relume::formats
