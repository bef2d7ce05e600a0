// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published results of any kind but workspaces, which have their own class.
#include "relume/formats/publication.hpp"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/reinterpret/publication.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace relume::python {

using formats::NotedPublication;

namespace {

/// A workspace as what Python knows it by (reading one takes nothing for granted), anything else as itself.
nb::object to_python(NotedPublication read) {
  if (auto* workspace = std::get_if<spec::Workspace>(&read.publication.value)) {
    return nb::cast(std::make_shared<const spec::Workspace>(std::move(*workspace)));
  }
  return nb::cast(std::make_shared<const NotedPublication>(std::move(read)));
}

nb::object prepare(const NotedPublication& read, nb::handle signal, const std::string& source,
                   const std::string& region, bool other_channels_are_zero) {
  std::optional<spec::Signal> added;
  if (!signal.is_none()) added = formats::signal_from_json(json_from_python(signal, source), source).value();
  auto prepared = reinterpret::prepare(read.publication, added ? &*added : nullptr,
                                       {.region = region, .other_channels_are_zero = other_channels_are_zero})
                      .value();
  std::vector<std::string> notes = read.notes;
  notes.insert(notes.end(), prepared.notes.begin(), prepared.notes.end());
  return nb::make_tuple(to_python({std::move(prepared.publication)}), std::move(notes));
}

}  // namespace

void bind_publication(nb::module_& m) {
  nb::class_<NotedPublication>(m, "Publication")
      .def("to_document",
           [](const NotedPublication& p) { return json_to_python(formats::likelihood_to_json(p.publication)); })
      .def(
          "to_text",
          [](const NotedPublication& p, int indent) {
            return formats::write_json(formats::likelihood_to_json(p.publication), {.indent = indent});
          },
          "indent"_a)
      .def_prop_ro("kind",
                   [](const NotedPublication& p) { return std::string(formats::likelihood_kind(p.publication)); })
      .def_prop_ro("description", [](const NotedPublication& p) { return formats::describe(p.publication); })
      .def_prop_ro("notes", [](const NotedPublication& p) { return p.notes; })
      .def("prepared", &prepare, "signal"_a.none(), "source"_a, "region"_a, "other_channels_are_zero"_a)
      .def(
          "__eq__", [](const NotedPublication& a, const NotedPublication& b) { return a.publication == b.publication; },
          nb::is_operator())
      .def("__getstate__",
           [](const NotedPublication& p) {
             return std::pair(formats::write_json(formats::likelihood_to_json(p.publication), {.indent = 0}), p.notes);
           })
      .def("__setstate__", [](NotedPublication& p, const std::pair<std::string, std::vector<std::string>>& state) {
        new (&p) NotedPublication{formats::read_likelihood(state.first, "<pickle>").value(), state.second};
      });
  m.def(
      "read_publication_path",
      [](const std::string& path) { return to_python(formats::read_publication_input(path).value()); }, "path"_a);
  m.def(
      "read_publication",
      [](nb::bytes bytes, const std::string& source) {
        return to_python(formats::read_publication({bytes.c_str(), bytes.size()}, source).value());
      },
      "bytes"_a, "source"_a);
  m.def(
      "publication_from_document",
      [](nb::handle document, const std::string& source) {
        const std::string text = formats::write_json(json_from_python(document, source));
        return to_python(formats::read_publication(text, source).value());
      },
      "document"_a, "source"_a);
}

}  // namespace relume::python
