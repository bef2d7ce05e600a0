// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the likelihoods that users write have in common: their parameters and constraints.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "relume/model/user_likelihood.hpp"

namespace relume::model {

class UserDefined : public Likelihood {
 public:
  /// Parameters with their constraints, whose auxiliary data follow those that `observed` holds already.
  void add_parameters(std::span<const UserParameter> parameters, const std::string& poi,
                      std::span<const spec::Correlation> correlations, Data& observed, Errors& errors);

 protected:
  /// Place of a parameter, a component being "name[i]"; says so where there is none.
  std::uint32_t place_of(const std::string& name, const std::string& where, Errors& errors) const;

 private:
  void correlate(const spec::Correlation& given, const std::string& where, Errors& errors);
  void add_auxiliary_data(std::span<const double> auxiliaries, Data& observed);
};

}  // namespace relume::model
