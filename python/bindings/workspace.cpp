// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Specs: workspaces, patchsets, signals and what edits them. Objects are immutable; every edit returns a new one.
#include "relume/edit/workspace.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/edit/signal.hpp"
#include "relume/formats/digest.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/report/summary.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;
using spec::PatchSet;
using spec::Workspace;

using WorkspacePtr = std::shared_ptr<const Workspace>;

namespace {

WorkspacePtr share(Workspace workspace) { return std::make_shared<const Workspace>(std::move(workspace)); }

/// Compact text of a workspace: what a pickle holds.
std::string to_text(const Workspace& workspace) {
  return formats::write_json(formats::document_of(workspace), {.indent = 0});
}

Workspace from_text(const std::string& text) {
  return std::get<Workspace>(formats::read_publication(text, "pickle").value().publication.value);
}

std::vector<spec::ModifierType> types_from(const std::vector<std::string>& names) {
  std::vector<spec::ModifierType> types;
  Errors errors;
  for (const std::string& name : names) {
    const auto type = spec::modifier_type_from_string(name);
    if (type) {
      types.push_back(*type);
    } else {
      errors.push_back({ErrorCode::option, "modifier_types", "no modifier type is called '" + name + "'",
                        "histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror"});
    }
  }
  if (!errors.empty()) throw Exception(std::move(errors));
  return types;
}

formats::DigestAlgorithm algorithm_from(const std::string& name) {
  const auto algorithm = formats::digest_algorithm_from_string(name);
  if (!algorithm)
    throw Exception({{ErrorCode::option, "algorithm", "no digest is called '" + name + "'", "md5, sha256"}});
  return *algorithm;
}

edit::Join join_from(const std::string& name) {
  const auto join = edit::join_from_string(name);
  if (!join) {
    throw Exception(
        {{ErrorCode::option, "join", "no join is called '" + name + "'", "none, outer, left outer, right outer"}});
  }
  return *join;
}

}  // namespace

void bind_workspace(nb::module_& m) {
  m.def(
      "parse",
      [](nb::bytes bytes, const std::string& source) {
        return json_to_python(formats::parse_json({bytes.c_str(), bytes.size()}, source).value());
      },
      "bytes"_a, "source"_a);
  m.def(
      "read_bytes",
      [](const std::string& name) {
        std::string bytes;
        {
          const nb::gil_scoped_release release;
          bytes = formats::read_input(name).value();
        }
        return nb::bytes(bytes.data(), bytes.size());
      },
      "name"_a);
  m.def(
      "write_json",
      [](nb::handle document, int indent, bool sort_keys) {
        return formats::write_json(json_from_python(document, "document"), {.indent = indent, .sort_keys = sort_keys});
      },
      "document"_a, "indent"_a = 4, "sort_keys"_a = false);
  m.def(
      "digest",
      [](nb::handle document, const std::string& algorithm) {
        return formats::digest(json_from_python(document, "document"), algorithm_from(algorithm));
      },
      "document"_a, "algorithm"_a);
  m.def(
      "apply_patch",
      [](nb::handle document, nb::handle operations, const std::string& source) {
        return json_to_python(
            formats::apply_patch(json_from_python(document, "document"), json_from_python(operations, source), source)
                .value());
      },
      "document"_a, "operations"_a, "source"_a);

  nb::class_<Workspace>(m, "Workspace")
      .def_static(
          "from_document",
          [](nb::handle document, const std::string& source) {
            return share(formats::workspace_from_json(json_from_python(document, source), source).value());
          },
          "document"_a, "source"_a)
      .def("to_document", [](const Workspace& w) { return json_to_python(formats::document_of(w)); })
      .def(
          "to_text",
          [](const Workspace& w, int indent) {
            return formats::write_json(formats::document_of(w), {.indent = indent});
          },
          "indent"_a = 4)
      .def("digest",
           [](const Workspace& w, const std::string& algorithm) {
             return formats::digest(formats::workspace_to_json(w), algorithm_from(algorithm));
           })
      .def("patched",
           [](const Workspace& w, nb::handle operations, const std::string& source) {
             return share(formats::apply_patch(w, json_from_python(operations, source), source).value());
           })
      .def("with_signal",
           [](const Workspace& w, nb::handle signal, const std::string& source, bool other_channels_are_zero) {
             const spec::Signal read = formats::signal_from_json(json_from_python(signal, source), source).value();
             return share(edit::add_signal(w, read, {.other_channels_are_zero = other_channels_are_zero}).value());
           })
      .def("pruned",
           [](const Workspace& w, std::vector<std::string> channels, std::vector<std::string> samples,
              std::vector<std::string> modifiers, std::vector<std::string> measurements,
              const std::vector<std::string>& modifier_types) {
             return share(edit::prune(w, {std::move(channels), std::move(samples), std::move(modifiers),
                                          std::move(measurements), types_from(modifier_types)})
                              .value());
           })
      .def("renamed",
           [](const Workspace& w, edit::Renaming channels, edit::Renaming samples, edit::Renaming modifiers,
              edit::Renaming measurements) {
             return share(edit::rename(w, {std::move(channels), std::move(samples), std::move(modifiers),
                                           std::move(measurements)})
                              .value());
           })
      .def("sorted", [](const Workspace& w) { return share(edit::sort(w)); })
      .def("combined",
           [](const Workspace& left, const Workspace& right, const std::string& join, bool merge_channels) {
             return share(
                 edit::combine(left, right, {.join = join_from(join), .merge_channels = merge_channels}).value());
           })
      .def(
          "summary",
          [](const Workspace& w, const std::string& measurement, const Model* model) {
            return json_to_python(report::to_json(
                report::summarise(w, measurement, model != nullptr ? model->likelihood.get() : nullptr)));
          },
          "measurement"_a, "model"_a.none())
      .def(
          "summary_text",
          [](const Workspace& w, const std::string& measurement, const Model* model) {
            return report::to_table(
                report::summarise(w, measurement, model != nullptr ? model->likelihood.get() : nullptr));
          },
          "measurement"_a, "model"_a.none())
      .def_prop_ro("channels",
                   [](const Workspace& w) {
                     nb::dict channels;
                     for (const spec::Channel& c : w.channels) {
                       channels[nb::str(c.name.c_str())] = c.samples.empty() ? 0 : c.samples.front().data.size();
                     }
                     return channels;
                   })
      .def_prop_ro("measurements",
                   [](const Workspace& w) {
                     std::vector<std::string> names;
                     for (const auto& measurement : w.measurements) names.push_back(measurement.name);
                     return names;
                   })
      .def("poi",
           [](const Workspace& w, const std::string& name) -> std::optional<std::string> {
             for (const auto& measurement : w.measurements) {
               if (name.empty() || measurement.name == name) return measurement.poi;
             }
             return std::nullopt;
           })
      .def(
          "__eq__", [](const Workspace& a, const Workspace& b) { return a == b; }, nb::is_operator())
      .def("__getstate__", [](const Workspace& w) { return to_text(w); })
      .def("__setstate__", [](Workspace& w, const std::string& text) { new (&w) Workspace(from_text(text)); });

  nb::class_<PatchSet>(m, "PatchSet")
      .def_static("from_document",
                  [](nb::handle document, const std::string& source) {
                    return std::make_shared<const PatchSet>(
                        formats::patchset_from_json(json_from_python(document, source), source).value());
                  })
      .def("to_document", [](const PatchSet& p) { return json_to_python(formats::patchset_to_json(p)); })
      .def_prop_ro("labels", [](const PatchSet& p) { return p.labels; })
      .def_prop_ro("description", [](const PatchSet& p) { return p.description; })
      .def_prop_ro("names",
                   [](const PatchSet& p) {
                     std::vector<std::string> names;
                     for (const auto& patch : p.patches) names.push_back(patch.name);
                     return names;
                   })
      .def("values",
           [](const PatchSet& p, std::size_t i) { return json_to_python(spec::JsonArray(p.patches.at(i).values)); })
      .def("operations", [](const PatchSet& p, std::size_t i) { return json_to_python(p.patches.at(i).operations); })
      .def("find",
           [](const PatchSet& p, const std::string& name) {
             return static_cast<std::size_t>(formats::find_patch(p, name).value() - p.patches.data());
           })
      .def("apply",
           [](const PatchSet& p, std::size_t i, const Workspace& w, const std::string& source) {
             return share(formats::apply_patch(w, p.patches.at(i).operations, source).value());
           })
      .def("verify",
           [](const PatchSet& p, nb::handle document, const std::string& source) {
             formats::verify_digests(p, json_from_python(document, source), source).value();
           })
      .def("verify_workspace", [](const PatchSet& p, const Workspace& w, const std::string& source) {
        formats::verify_digests(p, formats::workspace_to_json(w), source).value();
      });

  m.def("normalised_signal", [](nb::handle document, const std::string& source) {
    return json_to_python(
        formats::signal_to_json(formats::signal_from_json(json_from_python(document, source), source).value()));
  });
}

}  // namespace relume::python
