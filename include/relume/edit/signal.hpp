// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Puts a signal, addressed by names, into a workspace, into measured values or into upper limits. An unknown channel, a
// wrong number of bins, a sample to replace that is not there and a channel that the signal does not mention (unless it
// says that these are zero) are errors that name them all.
//
//   spec::Workspace with = edit::add_signal(background, signal).value();
#pragma once

#include "relume/base/error.hpp"
#include "relume/spec/publication.hpp"
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

/// Channels of the signal are measured values and axes of tables; its yield, one number without uncertainties, is what
/// a signal of strength 1 adds to their predictions, in the place of a signal that is there. Yields of several samples
/// add up. A value or axis that is a free parameter of its own takes up any signal, and is an error. The parameter of
/// interest becomes `signal.poi`.
Result<spec::Measurements> add_signal(const spec::Measurements& measurements, const spec::Signal& signal,
                                      const AddSignalOptions& options = {});

/// The channel is `region`; its yield, in the unit of the limits, becomes what is `predicted` at strength 1.
Result<spec::UpperLimits> add_signal(const spec::UpperLimits& limits, const spec::Signal& signal,
                                     const AddSignalOptions& options = {});

}  // namespace relume::edit
