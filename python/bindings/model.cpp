// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Models: compiled workspaces, and what can be evaluated on them. Numbers go in and out as numpy arrays.
#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/fit.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/reinterpret/publication.hpp"
#include "relume/report/contents.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;
using ErrorsOnErrors = std::map<std::string, double>;
using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

nb::object to_numpy(std::vector<double> values, std::size_t rows, std::size_t columns) {
  auto* owned = new std::vector<double>(std::move(values));
  const nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<2>>(owned->data(), {rows, columns}, owner));
}

nb::object to_numpy(std::vector<double> values) {
  auto* owned = new std::vector<double>(std::move(values));
  const nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<1>>(owned->data(), {owned->size()}, owner));
}

namespace {

[[noreturn]] void refuse(const char* where, std::string message, std::string hint = {}) {
  throw Exception({{ErrorCode::option, where, std::move(message), std::move(hint)}});
}

void check_lengths(const char* where, std::size_t given, std::size_t wanted, const char* of) {
  if (given != wanted) refuse(where, fmt::format("{} numbers, where the model has {} {}", given, wanted, of));
}

model::InterpolationCode code_from(const std::string& name, const char* where) {
  const auto code = model::interpolation_code_from_string(name);
  if (!code)
    refuse(where, "no interpolation is called '" + name + "'", "code0, code1, code2, code2-pyhf, code4, code4p");
  return *code;
}

/// A Scratch borrowed from the model's pool for one evaluation.
class Pool {
 public:
  std::unique_ptr<model::Scratch> take(const model::Likelihood& likelihood) {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto scratch = std::move(free_.back());
        free_.pop_back();
        return scratch;
      }
    }
    return likelihood.make_scratch();
  }
  void give_back(std::unique_ptr<model::Scratch> scratch) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<model::Scratch>> free_;
};

}  // namespace

/// A Model with what evaluations from Python share.
struct BoundModel : Model {
  model::Constants observed_constants;
  Pool pool;
};

namespace {

class Borrowed {
 public:
  explicit Borrowed(BoundModel& m) : pool_(m.pool), scratch_(pool_.take(*m.likelihood)) {}
  ~Borrowed() { pool_.give_back(std::move(scratch_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  model::Scratch& operator*() { return *scratch_; }

 private:
  Pool& pool_;
  std::unique_ptr<model::Scratch> scratch_;
};

std::shared_ptr<BoundModel> bind(model::Compiled compiled, model::CompileOptions options) {
  auto m = std::make_shared<BoundModel>();
  m->options = std::move(options);
  m->likelihood = std::move(compiled.likelihood);
  m->observed = std::move(compiled.observed);
  m->notices = std::move(compiled.notices);
  m->observed_constants = m->likelihood->constants(m->observed);
  return m;
}

std::shared_ptr<BoundModel> compile(std::shared_ptr<const spec::Workspace> workspace, model::CompileOptions options) {
  auto m = bind(model::compile(*workspace, options).value(), options);
  m->workspace = std::move(workspace);
  return m;
}

std::shared_ptr<BoundModel> compile(std::shared_ptr<const spec::Publication> publication,
                                    model::CompileOptions options) {
  auto m = bind(reinterpret::compile(*publication, options).value(), options);
  m->publication = std::move(publication);
  return m;
}

std::shared_ptr<BoundModel> with_preparation(std::shared_ptr<BoundModel> m, std::vector<std::string> preparation) {
  m->notices.insert(m->notices.begin(), preparation.begin(), preparation.end());
  m->preparation = std::move(preparation);
  return m;
}

/// What a pickle holds of what the model was made from.
std::string source_text(const BoundModel& b) {
  if (!b.workspace && !b.publication) refuse("model", "it was made from another model, which has to be kept instead");
  return formats::write_json(
      b.workspace ? formats::document_of(*b.workspace) : formats::likelihood_to_json(*b.publication), {.indent = 0});
}

model::CompileOptions compile_options(const std::string& measurement, const std::optional<std::string>& poi,
                                      const std::string& normsys, const std::string& histosys,
                                      std::optional<double> clip_sample_data, std::optional<double> clip_bin_data,
                                      std::optional<bool> constraints_are_priors,
                                      const ErrorsOnErrors& errors_on_errors) {
  return {.measurement = measurement,
          .poi = poi,
          .normsys = code_from(normsys, "normsys"),
          .histosys = code_from(histosys, "histosys"),
          .clip_sample_data = clip_sample_data,
          .clip_bin_data = clip_bin_data,
          .errors_on_errors = errors_on_errors,
          .constraints_are_priors = constraints_are_priors};
}

std::shared_ptr<BoundModel> compile_text(const std::string& text, model::CompileOptions options) {
  spec::Publication read = formats::read_publication(text, "<pickle>").value().publication;
  if (auto* workspace = std::get_if<spec::Workspace>(&read.value)) {
    return compile(std::make_shared<const spec::Workspace>(std::move(*workspace)), std::move(options));
  }
  return compile(std::make_shared<const spec::Publication>(std::move(read)), std::move(options));
}

/// The same model with data of its own.
std::shared_ptr<BoundModel> with_data(const BoundModel& b, model::Data data) {
  auto m = std::make_shared<BoundModel>();
  static_cast<Model&>(*m) = b;
  m->observed = std::move(data);
  m->observed_constants = m->likelihood->constants(m->observed);
  return m;
}

std::shared_ptr<BoundModel> with_mask(const BoundModel& b, const std::vector<std::string>& names, bool only) {
  auto m = with_data(b, masked_data(b, names, only));
  std::erase(m->notices, model::note_of_mask(*b.likelihood, b.observed));
  if (!m->observed.masked.empty()) m->notices.push_back(model::note_of_mask(*m->likelihood, m->observed));
  return m;
}

struct Terms {
  double main = 0.0, constraint = 0.0;
};

/// -ln L in its two parts; +infinity outside of the domain.
Terms evaluate(BoundModel& m, std::span<const double> point, const model::Data& data, bool is_observed,
               math::Derivatives derivatives, model::Scratch& scratch) {
  const math::Evaluation e = m.likelihood->evaluate(point, data, derivatives, {}, scratch);
  if (e.status != math::EvaluationStatus::ok) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::fill(scratch.gradient.begin(), scratch.gradient.end(), std::numeric_limits<double>::quiet_NaN());
    return {infinity, infinity};
  }
  const model::Constants c = is_observed ? m.observed_constants : m.likelihood->constants(data);
  return {e.main + c.main, e.value - e.main + c.constraint};
}

double nll(BoundModel& m, const Vector& point, const std::optional<Vector>& data) {
  const auto x = checked_point(m, point);
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  const nb::gil_scoped_release release;
  Borrowed scratch(m);
  const Terms t = evaluate(m, x, d, !data, math::Derivatives::none, *scratch);
  return t.main + t.constraint;
}

nb::tuple nll_terms(BoundModel& m, const Vector& point, const std::optional<Vector>& data) {
  const auto x = checked_point(m, point);
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  Borrowed scratch(m);
  const Terms t = evaluate(m, x, d, !data, math::Derivatives::none, *scratch);
  return nb::make_tuple(t.main, t.constraint);
}

nb::tuple value_and_grad(BoundModel& m, const Vector& point, const std::optional<Vector>& data) {
  const auto x = checked_point(m, point);
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  Borrowed scratch(m);
  const Terms t = evaluate(m, x, d, !data, math::Derivatives::gradient, *scratch);
  return nb::make_tuple(t.main + t.constraint, to_numpy((*scratch).gradient));
}

nb::object hessian(BoundModel& m, const Vector& point, const std::optional<Vector>& data) {
  const auto x = checked_point(m, point);
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  const std::size_t n = x.size();
  std::vector<double> matrix(n * n, std::numeric_limits<double>::quiet_NaN());
  {
    const nb::gil_scoped_release release;
    Borrowed scratch(m);
    const Terms t = evaluate(m, x, d, !data, math::Derivatives::curvature, *scratch);
    if (std::isfinite(t.main)) {
      std::vector<double> unit(n, 0.0);
      for (std::size_t i = 0; i < n; ++i) {
        unit[i] = 1.0;
        (*scratch).curvature.multiply(unit, std::span(matrix).subspan(i * n, n), math::Form::exact);
        unit[i] = 0.0;
      }
    }
  }
  return to_numpy(std::move(matrix), n, n);
}

/// Many points, many data sets: one of each, or as many of one as of the other.
nb::object nll_many(BoundModel& m, const Matrix& points, const std::optional<Matrix>& data, std::size_t n_threads) {
  const std::size_t n_parameters = m.likelihood->parameters().size(), n_data = m.likelihood->n_data();
  check_lengths("points", points.shape(1), n_parameters, "parameters");
  if (data) check_lengths("data", data->shape(1), n_data, "data");
  const std::size_t n_points = points.shape(0), n_sets = data ? data->shape(0) : 1;
  if (n_points != n_sets && n_points != 1 && n_sets != 1) {
    refuse("data", fmt::format("{} data sets do not go with {} points", n_sets, n_points),
           "give one, or as many as points");
  }
  const std::size_t n = n_points == 0 || n_sets == 0 ? 0 : std::max(n_points, n_sets);
  std::vector<double> values(n);
  {
    const nb::gil_scoped_release release;
    const auto work = [&](std::size_t first, std::size_t last) {
      Borrowed scratch(m);
      model::Data one{{}, m.observed.masked};
      for (std::size_t i = first; i < last; ++i) {
        const std::span<const double> x(points.data() + (n_points == 1 ? 0 : i) * n_parameters, n_parameters);
        if (data) {
          const double* from = data->data() + (n_sets == 1 ? 0 : i) * n_data;
          one.values.assign(from, from + n_data);
        }
        const Terms t = evaluate(m, x, data ? one : m.observed, !data, math::Derivatives::none, *scratch);
        values[i] = t.main + t.constraint;
      }
    };
    const std::size_t threads = std::clamp<std::size_t>(n_threads, 1, std::max<std::size_t>(1, n));
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < threads; ++t) others.emplace_back(work, n * t / threads, n * (t + 1) / threads);
    work(0, n / threads);
  }
  return to_numpy(std::move(values));
}

nb::list parameter_sets(const BoundModel& m) {
  nb::list sets;
  for (const model::ParameterSet& set : m.likelihood->parameter_sets()) {
    sets.append(nb::make_tuple(set.name, set.first, set.size, set.is_scalar));
  }
  return sets;
}

template <class F>
nb::object per_parameter(const BoundModel& m, F&& f) {
  std::vector<double> values;
  for (const model::Parameter& p : m.likelihood->parameters()) values.push_back(f(p));
  return to_numpy(std::move(values));
}

}  // namespace

std::span<const double> checked_point(const Model& model, const Vector& point) {
  check_lengths("parameters", point.shape(0), model.likelihood->parameters().size(), "parameters");
  return {point.data(), point.shape(0)};
}

const model::Data& checked_data(const Model& model, const std::optional<Vector>& data, model::Data& storage) {
  if (!data) return model.observed;
  check_lengths("data", data->shape(0), model.likelihood->n_data(), "data (main, then auxiliary)");
  for (std::size_t i = 0; i < data->shape(0); ++i) {
    if (!std::isfinite(data->data()[i])) refuse("data", fmt::format("number {} is not finite", i));
  }
  for (const model::DataBlock& block : model.likelihood->data_blocks()) {
    for (std::size_t i = block.first; i < block.first + block.size; ++i) {
      if (block.kind == model::BlockKind::variances && !(data->data()[i] > 0.0))
        refuse("data", fmt::format("a variance of {:g} in '{}'", data->data()[i], block.name),
               "variances are positive");
      if (block.kind != model::BlockKind::counts) continue;
      if (data->data()[i] < 0.0)
        refuse("data", fmt::format("{:g} events in '{}'", data->data()[i], block.name), "counts are not negative");
    }
  }
  storage.values.assign(data->data(), data->data() + data->shape(0));
  storage.masked = model.observed.masked;
  return storage;
}

nb::object bound_model(model::Compiled compiled, model::CompileOptions options) {
  return nb::cast(bind(std::move(compiled), std::move(options)));
}

bool may_take_long(const model::Likelihood& likelihood) {
  constexpr std::size_t quick = 200'000;  // Jacobian entries: a fit of less takes milliseconds
  // Of an average over nuisance parameters each evaluation is thousands.
  return likelihood.layout().jacobian_size > quick || !likelihood.peaks_at_expected_data();
}

void run_interruptible(bool may_take_long, const std::function<void(const std::atomic<bool>*)>& f) {
  if (!may_take_long) {
    const nb::gil_scoped_release release;
    f(nullptr);
    return;
  }
  std::atomic<bool> stop = false;
  bool done = false;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable changed;
  bool interrupted = false;
  {
    const nb::gil_scoped_release release;
    std::jthread worker([&] {
      try {
        f(&stop);
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    });
    constexpr auto patience = std::chrono::milliseconds(50);  // between looks for Ctrl-C
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, patience, [&] { return done; })) {
      lock.unlock();
      {
        const nb::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) {
          interrupted = true;
          stop = true;
        }
      }
      lock.lock();
    }
  }
  if (interrupted) throw nb::python_error();
  if (failure) std::rethrow_exception(failure);
}

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "CompiledModel");
  nb::class_<BoundModel, Model>(m, "Model")
      .def_prop_ro("workspace", [](const BoundModel& b) { return b.workspace; })
      .def_prop_ro("notices", [](const BoundModel& b) { return b.notices; })
      .def_prop_ro("preparation", [](const BoundModel& b) { return b.preparation; })
      .def_prop_ro("measurement", [](const BoundModel& b) { return b.options.measurement; })
      .def_prop_ro("parameter_names",
                   [](const BoundModel& b) {
                     std::vector<std::string> names;
                     for (const auto& p : b.likelihood->parameters()) names.push_back(p.name);
                     return names;
                   })
      .def_prop_ro("parameter_sets", &parameter_sets)
      .def_prop_ro("n_parameters", [](const BoundModel& b) { return b.likelihood->parameters().size(); })
      .def_prop_ro("n_data", [](const BoundModel& b) { return b.likelihood->n_data(); })
      .def_prop_ro("poi",
                   [](const BoundModel& b) -> std::optional<std::size_t> {
                     if (!b.likelihood->poi()) return std::nullopt;
                     return b.likelihood->poi()->index;
                   })
      .def_prop_ro("initial",
                   [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.initial; }); })
      .def_prop_ro("lower", [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.lower; }); })
      .def_prop_ro("upper", [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.upper; }); })
      .def_prop_ro("prefit_sigma",
                   [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.prefit_sigma(); }); })
      .def_prop_ro(
          "constraint_width",
          [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.constraint.width; }); })
      .def_prop_ro(
          "constraint_rate",
          [](const BoundModel& b) { return per_parameter(b, [](const auto& p) { return p.constraint.rate; }); })
      .def_prop_ro("fixed",
                   [](const BoundModel& b) {
                     nb::list fixed;
                     for (const auto& p : b.likelihood->parameters()) fixed.append(p.is_fixed);
                     return fixed;
                   })
      .def_prop_ro("constraint_kinds",
                   [](const BoundModel& b) {
                     nb::list kinds;
                     for (const auto& p : b.likelihood->parameters())
                       kinds.append(std::string(to_string(p.constraint.kind)));
                     return kinds;
                   })
      .def_prop_ro("constraint_data",
                   [](const BoundModel& b) {
                     nb::list at;
                     for (const auto& p : b.likelihood->parameters()) {
                       at.append(p.constraint.kind == model::ConstraintKind::none
                                     ? nb::object(nb::none())
                                     : nb::object(nb::int_(p.constraint.data_index)));
                     }
                     return at;
                   })
      .def_prop_ro("channels",
                   [](const BoundModel& b) {
                     nb::list channels;
                     for (const auto& c : b.likelihood->channels())
                       channels.append(nb::make_tuple(c.name, c.first_bin, c.n_bins, c.samples));
                     return channels;
                   })
      .def_prop_ro("data_blocks",
                   [](const BoundModel& b) {
                     nb::list blocks;
                     for (const auto& d : b.likelihood->data_blocks()) {
                       blocks.append(
                           nb::make_tuple(d.name, d.first, d.size, d.is_auxiliary, d.kind == model::BlockKind::counts));
                     }
                     return blocks;
                   })
      .def_prop_ro("observed", [](const BoundModel& b) { return to_numpy(b.observed.values); })
      .def("nll", &nll, "parameters"_a, "data"_a.none() = nb::none())
      .def("nll_terms", &nll_terms, "parameters"_a, "data"_a.none() = nb::none())
      .def("value_and_grad", &value_and_grad, "parameters"_a, "data"_a.none() = nb::none())
      .def("hessian", &hessian, "parameters"_a, "data"_a.none() = nb::none())
      .def("nll_many", &nll_many, "points"_a, "data"_a.none() = nb::none(), "n_threads"_a = 1)
      .def("expected_data",
           [](const BoundModel& b, const Vector& point) {
             return to_numpy(b.likelihood->expected_data(checked_point(b, point)).values);
           })
      .def("expected_by_sample",
           [](const BoundModel& b, const Vector& point) {
             return to_numpy(b.likelihood->expected_by_sample(checked_point(b, point)));
           })
      .def(
          "yield_gradient",
          [](BoundModel& b, const Vector& point, const std::optional<Vector>& data) {
            const auto x = checked_point(b, point);
            model::Data storage;
            const model::Data& d = checked_data(b, data, storage);
            Borrowed scratch(b);
            return to_numpy(b.likelihood->yield_gradient(x, d, *scratch));
          },
          "parameters"_a, "data"_a.none() = nb::none())
      .def("sample",
           [](const BoundModel& b, const Vector& point, std::size_t n, std::uint64_t seed, std::uint64_t stream,
              std::uint64_t first) {
             const auto x = checked_point(b, point);
             std::vector<double> toys;
             {
               const nb::gil_scoped_release release;
               toys.reserve(n * b.likelihood->n_data());
               for (std::size_t i = 0; i < n; ++i) {
                 const model::Data toy = b.likelihood->sample(x, {.seed = seed, .stream = stream, .index = first + i});
                 toys.insert(toys.end(), toy.values.begin(), toy.values.end());
               }
             }
             return to_numpy(std::move(toys), n, b.likelihood->n_data());
           })
      .def("explain",
           [](BoundModel& b, const Vector& point) {
             const auto x = checked_point(b, point);
             Borrowed scratch(b);
             const auto e = b.likelihood->evaluate(x, b.observed, math::Derivatives::none, {}, *scratch);
             return e.status == math::EvaluationStatus::ok ? std::string() : b.likelihood->explain(x, *scratch);
           })
      .def("contents",
           [](const BoundModel& b) {
             if (!b.publication) refuse("model", "it was made from another model, which can be inspected instead");
             return json_to_python(
                 report::to_json(reinterpret::contents_of(*b.publication), b.likelihood.get(), b.notices));
           })
      .def("with_mask", &with_mask, "names"_a, "only"_a)
      .def_prop_ro("masked_channels",
                   [](const BoundModel& b) { return model::masked_channels(*b.likelihood, b.observed); })
      .def("state",
           [](const BoundModel& b) {
             return nb::make_tuple(
                 source_text(b), b.options.measurement, b.options.poi, std::string(model::to_string(b.options.normsys)),
                 std::string(model::to_string(b.options.histosys)), b.options.clip_sample_data, b.options.clip_bin_data,
                 b.options.constraints_are_priors, b.options.errors_on_errors, b.preparation, b.observed.values,
                 model::masked_channels(*b.likelihood, b.observed));
           })
      .def_static(
          "from_state",
          [](const std::string& text, const std::string& measurement, const std::optional<std::string>& poi,
             const std::string& normsys, const std::string& histosys, std::optional<double> clip_sample_data,
             std::optional<double> clip_bin_data, std::optional<bool> constraints_are_priors,
             const ErrorsOnErrors& errors_on_errors, std::vector<std::string> preparation, std::vector<double> observed,
             const std::vector<std::string>& masked) {
            const auto whole = with_preparation(
                compile_text(text, compile_options(measurement, poi, normsys, histosys, clip_sample_data, clip_bin_data,
                                                   constraints_are_priors, errors_on_errors)),
                std::move(preparation));
            const auto unmasked = with_data(*whole, {std::move(observed)});
            return masked.empty() ? unmasked : with_mask(*unmasked, masked, false);
          },
          "text"_a, "measurement"_a, "poi"_a.none(), "normsys"_a, "histosys"_a, "clip_sample_data"_a.none(),
          "clip_bin_data"_a.none(), "constraints_are_priors"_a.none(), "errors_on_errors"_a, "preparation"_a,
          "observed"_a, "masked"_a);
  m.def(
      "compile",
      [](const nb::object& source, const std::string& measurement, const std::optional<std::string>& poi,
         const std::string& normsys, const std::string& histosys, std::optional<double> clip_sample_data,
         std::optional<double> clip_bin_data, std::optional<bool> constraints_are_priors,
         const ErrorsOnErrors& errors_on_errors, std::vector<std::string> preparation) {
        model::CompileOptions options = compile_options(measurement, poi, normsys, histosys, clip_sample_data,
                                                        clip_bin_data, constraints_are_priors, errors_on_errors);
        std::shared_ptr<const spec::Workspace> workspace;
        std::shared_ptr<const spec::Publication> publication;
        if (!nb::try_cast(source, workspace)) {
          const auto read = nb::cast<std::shared_ptr<const formats::NotedPublication>>(source);
          publication = {read, &read->publication};
        }
        const nb::gil_scoped_release release;
        return with_preparation(workspace ? compile(std::move(workspace), std::move(options))
                                          : compile(std::move(publication), std::move(options)),
                                std::move(preparation));
      },
      "source"_a, "measurement"_a, "poi"_a.none(), "normsys"_a, "histosys"_a, "clip_sample_data"_a.none(),
      "clip_bin_data"_a.none(), "constraints_are_priors"_a.none() = nb::none(), "errors_on_errors"_a = ErrorsOnErrors{},
      "preparation"_a = std::vector<std::string>());
}

}  // namespace relume::python
