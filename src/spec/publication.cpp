// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/spec/publication.hpp"

#include <algorithm>

namespace relume::spec {

namespace {

constexpr std::array<std::pair<ErrorModel, std::string_view>, 5> error_models = {{
    {ErrorModel::gaussian, "gaussian"},
    {ErrorModel::split_normal, "split_normal"},
    {ErrorModel::variable_gaussian_1, "variable_gaussian_1"},
    {ErrorModel::variable_gaussian_2, "variable_gaussian_2"},
    {ErrorModel::generalised_poisson, "generalised_poisson"},
}};

}  // namespace

std::string_view to_string(ErrorModel model) {
  return std::find_if(error_models.begin(), error_models.end(), [&](const auto& e) { return e.first == model; })
      ->second;
}

std::optional<ErrorModel> error_model_from_string(std::string_view name) {
  for (const auto& [model, text] : error_models) {
    if (text == name) return model;
  }
  return std::nullopt;
}

bool Product::operator==(const Product& other) const {
  return name == other.name && poi == other.poi && components == other.components && shared == other.shared &&
         correlations == other.correlations && equal(metadata, other.metadata);
}

std::string_view kind_of(const Publication& publication) {
  constexpr std::array<std::string_view, 6> kinds = {"pyhf workspace", "simplified likelihood", "counting experiments",
                                                     "upper limits",   "measurements",          "product"};
  return kinds[publication.value.index()];
}

}  // namespace relume::spec
