// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Puts a signal, addressed by names, into a workspace. An unknown channel, a wrong number of bins, a sample to replace
// that is not there and a channel that the signal does not mention (unless it says that these are zero) are errors that
// name them all.
//
//   spec::Workspace with = edit::add_signal(background, signal).value();
#pragma once

#include "relume/base/error.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

struct AddSignalOptions {
  bool other_channels_are_zero = false;  ///< as if the file said so
};

/// Every signal sample gets a normfactor `signal.poi`; all measurements get it as their POI. A sample of that name
/// which is already there is an error unless it is replaced. If the POI was configured or used in the workspace, that
/// stays.
Result<spec::Workspace> add_signal(const spec::Workspace& workspace, const spec::Signal& signal,
                                   const AddSignalOptions& options = {});

}  // namespace relume::edit
