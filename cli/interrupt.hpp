// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Ctrl-C asks the work to stop, so that what is done so far can be written; a second one ends the program.
#pragma once

#include <atomic>

namespace relume::cli {

/// From now on Ctrl-C sets the flag. Call it when the input has been read: until then Ctrl-C just ends the program,
/// which may be waiting for a pipe.
const std::atomic<bool>& catch_interrupts();

}  // namespace relume::cli
