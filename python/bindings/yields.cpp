// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Predictions: yields with uncertainties, Asimov data, and data with channels left out.
#include "relume/infer/yields.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/infer/asimov.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/yields.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

[[noreturn]] void refuse(const char* where, std::string message, std::string hint = {}) {
  throw Exception({{ErrorCode::option, where, std::move(message), std::move(hint)}});
}

/// Errors of a name, at the argument that has it.
template <class T>
T value_at(const char* where, Result<T>&& result) {
  if (result) return *std::move(result);
  Errors errors = result.errors();
  for (Error& error : errors) error.where = where;
  throw Exception(std::move(errors));
}

/// Document and, when asked for, covariances of bins and channels as arrays. Without `point`: before a fit.
nb::tuple yields(const Model& m, const std::optional<Vector>& point, const std::optional<Matrix>& covariance,
                 const std::optional<Vector>& data, const std::vector<std::string>& channels, bool with_covariance,
                 const std::string& propagation, const std::vector<std::pair<std::string, double>>& fixed,
                 const std::vector<std::string>& notes, bool unblind) {
  infer::YieldOptions options;
  const auto known = infer::propagation_from_string(propagation);
  if (!known) refuse("propagation", "no propagation is called '" + propagation + "'", "linear, one-sigma");
  options.propagation = *known;
  options.covariance = with_covariance;
  options.channels = value_at("channels", model::channel_places(*m.likelihood, channels));
  for (const auto& [name, value] : fixed) {
    options.fixed.push_back({value_at("fixed", report::find_parameter(*m.likelihood, name)), value});
  }
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::Yields result;
  if (point) {
    const auto x = checked_point(m, *point);
    std::span<const double> matrix;
    if (covariance) {
      if (covariance->shape(0) != x.size() || covariance->shape(1) != x.size()) {
        refuse("covariance", fmt::format("a matrix of {} x {}, where the model has {} parameters", covariance->shape(0),
                                         covariance->shape(1), x.size()));
      }
      matrix = {covariance->data(), x.size() * x.size()};
    }
    const nb::gil_scoped_release release;
    result = infer::yields_at(*m.likelihood, x, matrix, options);
    result.is_postfit = true;
  } else {
    const nb::gil_scoped_release release;
    result = infer::prefit_yields(*m.likelihood, options);
  }
  result.notes.insert(result.notes.begin(), notes.begin(), notes.end());
  nb::object bins = nb::none(), sums = nb::none();
  if (!result.covariance.empty()) {
    const std::size_t n_channels = result.channels.size();
    std::size_t n_bins = 0;
    for (const infer::ChannelYields& c : result.channels) n_bins += c.total.bins.size();
    bins = to_numpy(std::move(result.covariance), n_bins, n_bins);
    sums = to_numpy(std::move(result.channel_covariance), n_channels, n_channels);
    result.covariance.clear();
  }
  const auto blinding = unblind ? report::Blinding::none : report::Blinding::masked_channels;
  return nb::make_tuple(json_to_python(report::to_json(result, *m.likelihood, d, blinding)), bins, sums);
}

/// Status, reason, data, and the parameters that were taken for true.
nb::tuple asimov(const Model& m, const std::vector<std::pair<std::string, double>>& values, const std::string& kind,
                 const std::optional<Vector>& data) {
  const auto known = infer::asimov_from_string(kind);
  if (!known) refuse("kind", "'" + kind + "' is no way to make Asimov data", "a-posteriori, a-priori");
  infer::AsimovOptions options{.kind = *known};
  for (const auto& [name, value] : values) {
    options.values.push_back({value_at("values", report::find_parameter(*m.likelihood, name)), value});
  }
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::AsimovData result;
  run_interruptible(may_take_long(*m.likelihood), [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    result = infer::asimov_data(*m.likelihood, d, options);
  });
  return nb::make_tuple(std::string(infer::to_string(result.status)), result.reason,
                        to_numpy(std::move(result.data.values)), to_numpy(std::move(result.point)));
}

}  // namespace

model::Data masked_data(const Model& m, const std::vector<std::string>& names, bool only) {
  return only ? value_at("channels", model::only_channels(*m.likelihood, m.observed, names))
              : value_at("channels", model::mask_channels(*m.likelihood, m.observed, names));
}

void bind_yields(nb::module_& m) {
  m.def("yields", &yields, "model"_a, "point"_a.none(), "covariance"_a.none(), "data"_a.none(), "channels"_a,
        "with_covariance"_a, "propagation"_a, "fixed"_a, "notes"_a, "unblind"_a);
  m.def("asimov", &asimov, "model"_a, "values"_a, "kind"_a, "data"_a.none());
}

}  // namespace relume::python
