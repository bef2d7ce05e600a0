// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Everything, for users in a hurry; those who count compile time include what they use.
//
//   auto workspace = relume::formats::read_workspace(bytes, "BkgOnly.json").value();
//   auto model = relume::model::compile(workspace).value();
//   auto limit = relume::infer::upper_limit(*model.likelihood, model.observed);
//   std::cout << relume::report::to_table(limit, *model.likelihood);
#pragma once

#include "relume/base/error.hpp"
#include "relume/base/ids.hpp"
#include "relume/base/parallel.hpp"
#include "relume/base/version.hpp"
#include "relume/check/findings.hpp"
#include "relume/edit/signal.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/digest.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/infer/comparison.hpp"
#include "relume/infer/contour.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/impacts.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/limit_gradient.hpp"
#include "relume/infer/test_statistic.hpp"
#include "relume/infer/toy_limit.hpp"
#include "relume/infer/toys.hpp"
#include "relume/math/curvature.hpp"
#include "relume/math/evaluation.hpp"
#include "relume/minimize/minimize.hpp"
#include "relume/minimize/minimum.hpp"
#include "relume/minimize/objective.hpp"
#include "relume/model/data.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/report/contour.hpp"
#include "relume/report/findings.hpp"
#include "relume/report/impacts.hpp"
#include "relume/report/intervals.hpp"
#include "relume/report/json.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/pruning.hpp"
#include "relume/report/summary.hpp"
#include "relume/report/table.hpp"
#include "relume/report/toy_limit.hpp"
#include "relume/report/toys.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/patchset.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/validate.hpp"
#include "relume/spec/workspace.hpp"
