// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From the model options to a model: any published result, patches, a point of a patchset, a signal, dropped channels.
//
//   Input input = read_input(arguments, PatchsetUse::one_point);
//   Model model = build(std::move(input.publication), model_settings(arguments)).value();
//
// Errors in the input come as relume::Exception, wrong combinations of options as UsageError.
#pragma once

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "relume/base/error.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/noted_publication.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/spec/patchset.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::cli {

struct Input {
  spec::Publication publication;           ///< with all patches, the chosen point and the signal
  std::optional<spec::PatchSet> patchset;  ///< present when all points are asked for
  std::optional<spec::CrossSection> cross_section;
  std::vector<std::string> notes;
};

enum class PatchsetUse {
  one_point,   ///< --patchset needs --point
  all_points,  ///< without --point, every point
};

enum class Completeness {
  a_likelihood,  ///< counts in several regions need a choice of one, or a signal
  as_published,  ///< they may stay what they are
};

Input read_input(const Arguments& arguments, PatchsetUse use, Completeness wanted = Completeness::a_likelihood);
/// The workspace of the input; throws for `verb` when what was published cannot be written as one. `where`: the file,
/// for commands that read several.
spec::Workspace& workspace_of(spec::Publication& publication, std::string_view verb, const std::string& where = {});

/// What the options say about every model that is built.
struct ModelSettings {
  std::string source;  ///< of the workspace, for messages
  model::CompileOptions compile;
  const char* poi_option = "--poi";  ///< that chose the parameter of interest, for messages
  std::vector<std::string> dropped_channels;
  std::vector<std::pair<std::string, double>> fixed;
  std::vector<std::string> only_channels, masked_channels;
  std::optional<infer::Asimov> asimov_data;
  std::vector<std::pair<std::string, double>> injected;
  bool marginalises = false;
  infer::Asimov asimov = infer::Asimov::a_posteriori;  ///< of averages: where expected data have what is integrated
  const std::atomic<bool>* stop = nullptr;             ///< of the fit behind Asimov data
};

ModelSettings model_settings(const Arguments& arguments);

/// What the options make of the workspace itself: channels are dropped, measurements get the parameter of interest. The
/// settings no longer drop channels.
void apply_to(spec::Publication& publication, ModelSettings& settings);

struct Model {
  model::Compiled compiled;
  std::vector<infer::FixedParameter> fixed;

  const model::Likelihood& likelihood() const { return *compiled.likelihood; }
  const model::Data& observed() const { return compiled.observed; }
};

Result<Model> build(spec::Publication publication, const ModelSettings& settings);

/// The same; nothing, and a note of what is missing, for counts in several regions and for products that need a signal.
std::optional<Model> build_if_complete(Input& input, const ModelSettings& settings);

/// The parameter that an option names; throws when there is none.
ParamId find_parameter(const Model& model, const std::string& name, const char* option);

/// The fit behind --asimov-data or --marginalise, or what it gives, cannot be used: exit code 3, or of a scan, the
/// status of a point.
class UnusableModel : public std::runtime_error {
 public:
  UnusableModel(infer::Status how, const std::string& reason) : std::runtime_error(reason), status(how) {}
  infer::Status status;
};

/// The same for tests and limits, which need a parameter of interest that is free.
Result<Model> build_with_poi(spec::Publication publication, const ModelSettings& settings);

/// The document and its name for messages; the bytes are gone when this returns.
spec::Json read_document(const std::string& name);

/// A workspace with the document that patches and digests are about: the file itself, or what a likelihood file holds.
struct WorkspaceDocument {
  spec::Json document;
  spec::Workspace workspace;
  bool is_likelihood_file = false;
};
/// `verb` needs a workspace: an error for other kinds of likelihoods.
WorkspaceDocument read_workspace_document(const std::string& name, std::string_view verb);
using formats::source_name;
/// Usage error when more than one of the names is standard input.
void refuse_shared_standard_input(const std::vector<std::string>& names);

/// Any kind of published result: a file, or a directory of the SModelS data base.
formats::NotedPublication read_publication_file(const std::string& name);
/// What is one, or can be written as one; `verb` is for the message when it cannot.
spec::Workspace read_workspace_file(const std::string& name, std::string_view verb);
/// pyhf's format, or ours where that has no words for it.
void write_workspace(const Arguments& arguments, const spec::Workspace& workspace);

}  // namespace relume::cli
