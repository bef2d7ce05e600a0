// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "interrupt.hpp"
#include "output.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/digest.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/infer/asimov.hpp"
#include "relume/infer/marginal.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/reinterpret/publication.hpp"
#include "relume/report/parameters.hpp"

namespace relume::cli {

using spec::Json;

void refuse_shared_standard_input(const std::vector<std::string>& names) {
  const auto is_standard_input = [](const std::string& name) { return name == "-" || name.starts_with("-::"); };
  if (std::count_if(names.begin(), names.end(), is_standard_input) > 1) {
    throw UsageError("standard input ('-', the default for the workspace) can be read only once");
  }
}

Json read_document(const std::string& name) {
  const std::string bytes = formats::read_input(name).value();
  return formats::parse_json(bytes, source_name(name)).value();
}

WorkspaceDocument read_workspace_document(const std::string& name, std::string_view verb) {
  WorkspaceDocument read{.document = read_document(name), .workspace = {}};
  read.is_likelihood_file = formats::is_likelihood_document(read.document);
  if (read.is_likelihood_file) {
    auto publication = formats::likelihood_from_json(read.document, source_name(name)).value();
    read.workspace = std::move(workspace_of(publication, verb, source_name(name)));
    read.document = Json(*spec::find(read.document, "workspace"));
  } else {
    read.workspace = formats::workspace_from_json(read.document, source_name(name)).value();
  }
  return read;
}

formats::NotedPublication read_publication_file(const std::string& name) {
  return formats::read_publication_input(name).value();
}

spec::Workspace read_workspace_file(const std::string& name, std::string_view verb) {
  const formats::NotedPublication read = read_publication_file(name);
  auto prepared = reinterpret::prepare(read.publication).value();
  for (const std::string& note : read.notes) warn(note);
  for (const std::string& note : prepared.notes) warn(note);
  return std::move(workspace_of(prepared.publication, verb, source_name(name)));
}

spec::Workspace& workspace_of(spec::Publication& publication, std::string_view verb, const std::string& where) {
  if (auto* workspace = std::get_if<spec::Workspace>(&publication.value)) return *workspace;
  throw Exception({{ErrorCode::unsupported,
                    where,
                    fmt::format("{} is about channels and samples, and this is: {}", verb, kind_of(publication)),
                    {}}});
}

void write_workspace(const Arguments& arguments, const spec::Workspace& workspace) {
  write_document(arguments, formats::document_of(workspace));
}

namespace {

/// What people mix up: says which option the file is for.
void check_is_patch(const Json& document, const std::string& name) {
  if (document.is_array()) return;
  std::string hint = "a JSON Patch is a list of operations";
  if (spec::find(document, "patches") != nullptr)
    hint = "this looks like a patchset: use --patchset";
  else if (spec::find(document, "channels") != nullptr)
    hint = "this looks like a workspace";
  else if (spec::find(document, "patch") != nullptr)
    hint = "give the list under \"patch\" alone";
  else if (spec::find(document, "samples") != nullptr)
    hint = "this looks like a signal file: use --signal";
  throw Exception({{ErrorCode::schema, source_name(name), "is no JSON Patch", std::move(hint)}});
}

void check_options(const Arguments& arguments, PatchsetUse use) {
  if (arguments.given(options::point) && !arguments.given(options::patchset)) {
    throw UsageError("--point names a point of a patchset: --patchset FILE is missing");
  }
  if (use == PatchsetUse::one_point && arguments.given(options::patchset) && !arguments.given(options::point)) {
    throw UsageError("--patchset needs --point NAME here; `relume patchset list` shows the names");
  }
  if (arguments.given(options::signal) && arguments.given(options::patchset) && !arguments.given(options::point)) {
    throw UsageError("--signal brings one signal and --patchset many: choose a --point, or leave one of them out");
  }
  if (arguments.given(options::other_channels_zero) && !arguments.given(options::signal)) {
    throw UsageError("--other-channels-zero is about a signal file: --signal FILE is missing");
  }
  std::vector<std::string> names = arguments.all(options::patch);
  names.push_back(arguments.positionals.front());
  for (const Option* option : {&options::patchset, &options::signal, &options::parameters}) {
    if (arguments.given(*option)) names.push_back(arguments.text(*option));
  }
  refuse_shared_standard_input(names);
}

/// Published patchsets carry digests of other workspaces (the full one for a simplified one), so a mismatch is no error
/// here.
void compare_digests(const spec::PatchSet& patchset, const Json& document, const std::string& name,
                     std::vector<std::string>& notes) {
  const auto verified = formats::verify_digests(patchset, document, source_name(name));
  if (verified) return;
  for (const Error& error : verified.errors()) {
    notes.push_back(to_string(error));
    warn(notes.back());
  }
}

/// A part of a file, which is no option, with the file.
std::string in_file(std::string where, const std::string& source) {
  if (where.starts_with("--")) return where;
  if (where == "region") where = fmt::format("--{}", options::region.name);
  return where.empty() ? source : fmt::format("{}, {}", source, where);
}

}  // namespace

Input read_input(const Arguments& arguments, PatchsetUse use, Completeness wanted) {
  check_options(arguments, use);
  const std::string& name = arguments.positionals.front();
  Input input;
  if (arguments.given(options::patchset)) {
    const std::string patchset_name = arguments.text(options::patchset);
    // Digests are those of the document, which is therefore kept until they have been compared.
    WorkspaceDocument read = read_workspace_document(name, "--patchset");
    input.publication = {std::move(read.workspace)};
    input.patchset = formats::patchset_from_json(read_document(patchset_name), source_name(patchset_name)).value();
    compare_digests(*input.patchset, read.document, name, input.notes);
  } else {
    formats::NotedPublication read = read_publication_file(name);
    input.publication = std::move(read.publication);
    input.notes = std::move(read.notes);
  }
  for (const std::string& patch_name : arguments.all(options::patch)) {
    const Json operations = read_document(patch_name);
    check_is_patch(operations, patch_name);
    spec::Workspace& workspace = workspace_of(input.publication, "--patch");
    workspace = formats::apply_patch(std::move(workspace), operations, source_name(patch_name)).value();
  }
  if (arguments.given(options::point)) {
    const std::string point = arguments.text(options::point);
    const spec::Patch* patch = formats::find_patch(*input.patchset, point).value();
    spec::Workspace& workspace = workspace_of(input.publication, "--patchset");
    workspace =
        formats::apply_patch(std::move(workspace), patch->operations,
                             fmt::format("{}, point '{}'", source_name(arguments.text(options::patchset)), point))
            .value();
    input.patchset.reset();
  }
  std::optional<spec::Signal> signal;
  if (arguments.given(options::signal)) {
    const std::string signal_name = arguments.text(options::signal);
    const std::string bytes = formats::read_input(signal_name).value();
    signal = formats::read_signal(bytes, source_name(signal_name)).value();
    input.cross_section = signal->cross_section;
  }
  const auto* counts = std::get_if<spec::CountingExperiments>(&input.publication.value);
  const bool may_stay = wanted == Completeness::as_published && counts != nullptr && counts->regions.size() > 1;
  const bool is_ready = std::holds_alternative<spec::Workspace>(input.publication.value) || may_stay;
  if (!signal && is_ready && !arguments.given(options::region)) return input;
  auto prepared =
      reinterpret::prepare(input.publication, signal ? &*signal : nullptr,
                           {.region = arguments.given(options::region) ? arguments.text(options::region) : "",
                            .other_channels_are_zero = arguments.given(options::other_channels_zero)});
  if (!prepared) {
    Errors errors = prepared.errors();
    for (Error& error : errors) {
      if (!signal) error.where = in_file(std::move(error.where), source_name(name));
    }
    throw Exception(std::move(errors));
  }
  input.publication = std::move(prepared->publication);
  input.notes.insert(input.notes.end(), prepared->notes.begin(), prepared->notes.end());
  return input;
}

ModelSettings model_settings(const Arguments& arguments) {
  ModelSettings settings;
  settings.source = source_name(arguments.positionals.front());
  if (arguments.given(options::measurement)) settings.compile.measurement = arguments.text(options::measurement);
  if (arguments.given(options::poi)) settings.compile.poi = arguments.text(options::poi);
  for (const std::string& choice : arguments.all(options::interpcode)) {
    const std::size_t equals = choice.find('=');
    const auto code = model::interpolation_code_from_string(choice.substr(equals + 1)).value();
    (choice.substr(0, equals) == "normsys" ? settings.compile.normsys : settings.compile.histosys) = code;
  }
  for (const auto& [name, value] : arguments.assignments(options::error_on_error)) {
    if (!settings.compile.errors_on_errors.emplace(name, value).second) {
      throw UsageError(fmt::format("--error-on-error: '{}' is given twice", name));
    }
  }
  if (arguments.given(options::constraints)) {
    settings.compile.constraints_are_priors = arguments.text(options::constraints) == "priors";
  }
  settings.compile.clip_sample_data = arguments.optional_number(options::clip_sample_data);
  settings.compile.clip_bin_data = arguments.optional_number(options::clip_bin_data);
  settings.dropped_channels = arguments.all(options::drop_channel);
  settings.fixed = arguments.assignments(options::fix);
  settings.only_channels = arguments.all(options::only_channel);
  settings.masked_channels = arguments.all(options::mask_channel);
  if (!settings.only_channels.empty() && !settings.masked_channels.empty()) {
    throw UsageError("--only-channel and --mask-channel say the same thing in two ways: give one of them");
  }
  settings.injected = arguments.assignments(options::inject);
  settings.marginalises = arguments.given(options::marginalise);
  if (settings.marginalises) settings.stop = &catch_interrupts();
  if (arguments.given(options::asimov)) {
    settings.asimov = infer::asimov_from_string(arguments.text(options::asimov)).value();
  }
  if (arguments.given(options::asimov_data)) {
    settings.asimov_data = infer::asimov_from_string(arguments.text(options::asimov_data));
    settings.stop = &catch_interrupts();
  } else if (!settings.injected.empty()) {
    throw UsageError("--inject is about Asimov data: --asimov-data KIND is missing");
  }
  return settings;
}

void apply_to(spec::Publication& publication, ModelSettings& settings) {
  auto* const as_workspace = std::get_if<spec::Workspace>(&publication.value);
  if (as_workspace == nullptr) return;
  spec::Workspace& workspace = *as_workspace;
  if (!settings.dropped_channels.empty()) {
    workspace = edit::prune(workspace, {.channels = settings.dropped_channels}).value();
    settings.dropped_channels.clear();
  }
  if (settings.compile.poi) {
    for (spec::Measurement& measurement : workspace.measurements) measurement.poi = *settings.compile.poi;
  }
}

namespace {

/// The parameters of `--option NAME=VALUE`, each once.
std::vector<infer::FixedParameter> find_parameters(const model::Likelihood& likelihood, const char* option,
                                                   const std::vector<std::pair<std::string, double>>& values,
                                                   Errors& errors) {
  std::vector<infer::FixedParameter> found;
  for (const auto& [name, value] : values) {
    const auto parameter = report::find_parameter(likelihood, name);
    if (!parameter) {
      errors.push_back(parameter.error());
      errors.back().where = option;
      continue;
    }
    const bool is_repeated = std::any_of(found.begin(), found.end(),
                                         [&](const infer::FixedParameter& f) { return f.parameter == *parameter; });
    if (is_repeated) errors.push_back({ErrorCode::option, option, fmt::format("'{}' is given twice", name), {}});
    found.push_back({*parameter, value});
  }
  return found;
}

}  // namespace

ParamId find_parameter(const Model& model, const std::string& name, const char* option) {
  auto found = report::find_parameter(model.likelihood(), name);
  if (found) return *found;
  Errors errors = found.errors();
  for (Error& error : errors) error.where = option;
  throw Exception(std::move(errors));
}

namespace {

Result<model::Data> choose_channels(const Model& model, const ModelSettings& settings) {
  const bool is_only = !settings.only_channels.empty();
  auto data = is_only ? model::only_channels(model.likelihood(), model.observed(), settings.only_channels)
                      : model::mask_channels(model.likelihood(), model.observed(), settings.masked_channels);
  if (data) return data;
  Errors errors = data.errors();
  for (Error& error : errors) error.where = is_only ? "--only-channel" : "--mask-channel";
  return errors;
}

/// Data may come from where fits cannot go: allowed, but not silent.
void note_of_bound(Model& model, const infer::FixedParameter& injected) {
  const model::Parameter& p = model.likelihood().parameters()[injected.parameter.index];
  if (injected.value >= p.lower && injected.value <= p.upper) return;
  const bool is_above = injected.value > p.upper;
  model.compiled.notices.push_back(fmt::format(
      "--inject: {} = {:g} is {} {:g}, the {} bound of the parameter: fits within the bounds do not get there", p.name,
      injected.value, is_above ? "above" : "below", is_above ? p.upper : p.lower, is_above ? "upper" : "lower"));
}

/// --asimov-data: what is injected wins over what is held.
void take_asimov_data(Model& model, const std::vector<infer::FixedParameter>& injected, const ModelSettings& settings) {
  infer::AsimovOptions options{.kind = *settings.asimov_data, .values = injected, .stop = settings.stop};
  for (const infer::FixedParameter& held : model.fixed) {
    const bool is_injected = std::any_of(injected.begin(), injected.end(),
                                         [&](const infer::FixedParameter& f) { return f.parameter == held.parameter; });
    if (!is_injected) options.values.push_back(held);
  }
  infer::AsimovData asimov = infer::asimov_data(model.likelihood(), model.observed(), options);
  if (!asimov.is_usable()) throw UnusableModel(asimov.status, asimov.reason);
  std::string where;
  for (const infer::FixedParameter& value : options.values) {
    where += fmt::format("{}{} = {:g}", where.empty() ? "" : ", ",
                         model.likelihood().parameters()[value.parameter.index].name, value.value);
  }
  const bool is_a_priori = options.kind == infer::Asimov::a_priori;
  model.compiled.notices.push_back(fmt::format("the data are {} Asimov data, expected with {}{}",
                                               is_a_priori ? "a-priori" : "a-posteriori",
                                               where.empty() ? "all parameters from " : where + ", all others from ",
                                               is_a_priori ? "initial values" : "a fit to the observed data"));
  for (const infer::FixedParameter& value : injected) note_of_bound(model, value);
  model.compiled.observed = std::move(asimov.data);
}

}  // namespace

namespace {

/// --marginalise: what is held stays held, and is not averaged over.
Errors average(Model& model, const ModelSettings& settings) {
  std::shared_ptr<const model::Likelihood> whole = std::move(model.compiled.likelihood);
  auto marginal = infer::marginalise(whole, model.observed(),
                                     {.fixed = model.fixed, .asimov = settings.asimov, .stop = settings.stop});
  if (!marginal) {
    Errors errors = marginal.errors();
    for (Error& error : errors) error.where = "--marginalise";
    return errors;
  }
  if (!marginal->is_usable()) throw UnusableModel(marginal->status, "--marginalise: " + marginal->reason);
  std::vector<infer::FixedParameter> held;
  for (const infer::FixedParameter& f : model.fixed) {
    if (const auto there = marginal->likelihood->find_parameter(whole->parameters()[f.parameter.index].name)) {
      held.push_back({*there, f.value});
    }
  }
  model.fixed = std::move(held);
  model.compiled.likelihood = std::move(marginal->likelihood);
  model.compiled.observed = std::move(marginal->observed);
  model.compiled.notices.insert(model.compiled.notices.end(), marginal->notes.begin(), marginal->notes.end());
  return {};
}

/// The option of the command line that sets this one of the library.
std::string option_of(const std::string& name) {
  static const std::map<std::string_view, const Option*> names{
      {"errors_on_errors", &options::error_on_error},
      {"measurement", &options::measurement},
      {"constraints", &options::constraints},
      {"normsys", &options::interpcode},
      {"histosys", &options::interpcode},
      {"clip_bin_data", &options::clip_bin_data},
      {"clip_sample_data", &options::clip_sample_data},
  };
  const auto found = names.find(name);
  return found == names.end() ? name : fmt::format("--{}", found->second->name);
}

}  // namespace

Result<Model> build(spec::Publication publication, const ModelSettings& settings) {
  if (!settings.dropped_channels.empty()) {
    spec::Workspace& workspace = workspace_of(publication, "--drop-channel");
    auto pruned = edit::prune(workspace, {.channels = settings.dropped_channels});
    if (!pruned) {
      Errors errors = pruned.errors();
      for (Error& error : errors) error.message = "after --drop-channel: " + error.message;
      return errors;
    }
    workspace = *std::move(pruned);
  }
  const bool is_of_parts = std::holds_alternative<spec::Product>(publication.value) ||
                           std::holds_alternative<spec::CountingExperiments>(publication.value);
  auto compiled = reinterpret::compile(publication, settings.compile);
  if (!compiled) {
    Errors errors = compiled.errors();
    for (Error& error : errors) {
      if (error.where.starts_with('#')) {
        error.where = settings.source + error.where;
      } else if (error.where == "poi" && settings.compile.poi) {
        error.where = settings.poi_option;
      } else {
        error.where = option_of(error.where);
        if (is_of_parts) error.where = in_file(std::move(error.where), settings.source);
      }
    }
    return errors;
  }
  Model model{*std::move(compiled), {}};
  Errors errors;
  model.fixed = find_parameters(model.likelihood(), "--fix", settings.fixed, errors);
  const auto injected = find_parameters(model.likelihood(), "--inject", settings.injected, errors);
  auto data = choose_channels(model, settings);
  if (!data) errors.insert(errors.end(), data.errors().begin(), data.errors().end());
  if (!errors.empty()) return errors;
  if (!data->masked.empty()) model.compiled.notices.push_back(model::note_of_mask(model.likelihood(), *data));
  model.compiled.observed = *std::move(data);
  if (settings.asimov_data) take_asimov_data(model, injected, settings);
  if (settings.marginalises) {
    if (Errors problems = average(model, settings); !problems.empty()) return problems;
  }
  return model;
}

std::optional<Model> build_if_complete(Input& input, const ModelSettings& settings) {
  auto model = build(input.publication, settings);
  if (model) return *std::move(model);
  // A signal brings the parameter of interest of a product to the components.
  const auto* product = std::get_if<spec::Product>(&input.publication.value);
  const auto is_brought = [&](const Error& error) {
    return error.code == ErrorCode::reference && error.where == in_file(product->poi, settings.source);
  };
  const bool may_wait = std::holds_alternative<spec::CountingExperiments>(input.publication.value) ||
                        (product != nullptr && std::all_of(model.errors().begin(), model.errors().end(), is_brought));
  if (!may_wait) throw Exception(model.errors());
  for (const Error& error : model.errors()) input.notes.push_back("no likelihood yet: " + to_string(error));
  return std::nullopt;
}

Result<Model> build_with_poi(spec::Publication publication, const ModelSettings& settings) {
  auto model = build(std::move(publication), settings);
  if (!model) return model;
  const auto poi = model->likelihood().poi();
  if (!poi) {
    std::string why = "the model has no parameter of interest";
    for (const std::string& notice : model->compiled.notices) {
      if (notice.find("parameter of interest") != std::string::npos) why = notice;
    }
    return Error{ErrorCode::model,
                 {},
                 std::move(why),
                 "bring a signal with --patch, --patchset or --signal, or choose a parameter with --poi"};
  }
  if (const model::Parameter& parameter = model->likelihood().parameters()[poi->index]; parameter.is_fixed) {
    return Error{ErrorCode::model,
                 {},
                 fmt::format("the parameter of interest '{}' is fixed in the measurement: there is nothing to test",
                             parameter.name),
                 "set \"fixed\": false, or choose another one with --poi"};
  }
  for (const infer::FixedParameter& fixed : model->fixed) {
    if (fixed.parameter == *poi) {
      return Error{ErrorCode::option, "--fix",
                   fmt::format("'{}' is the parameter of interest, whose values are what is tested",
                               model->likelihood().parameters()[poi->index].name),
                   "fix other parameters, or choose another one with --poi"};
    }
  }
  return model;
}

}  // namespace relume::cli
