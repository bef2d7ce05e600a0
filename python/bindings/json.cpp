// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "json.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "relume/base/error.hpp"
#include "relume/formats/json.hpp"

namespace relume::python {

namespace nb = nanobind;
using spec::Json;

namespace {

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  Json read(nb::handle object, const std::string& pointer, int depth) {
    if (depth > formats::max_json_depth)
      fail(pointer, fmt::format("nested deeper than {} levels", formats::max_json_depth));
    PyObject* o = object.ptr();
    if (o == Py_None) return nullptr;
    if (PyBool_Check(o)) return o == Py_True;
    if (PyLong_Check(o)) return integer(object);
    if (PyFloat_Check(o)) return number(PyFloat_AS_DOUBLE(o), pointer);
    if (PyUnicode_Check(o)) return text(object, pointer);
    if (PyDict_Check(o)) return members(object, pointer, depth);
    if (PyList_Check(o) || PyTuple_Check(o)) return items(object, pointer, depth);
    // Numpy and its like; a mapping or sequence of another library.
    if (PyObject_HasAttrString(o, "tolist") != 0) return read(object.attr("tolist")(), pointer, depth + 1);
    if (PyObject_HasAttrString(o, "item") != 0) return read(object.attr("item")(), pointer, depth + 1);
    if (PyObject_HasAttrString(o, "keys") != 0)
      return members(
          nb::steal(check(PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&PyDict_Type), o, nullptr))),
          pointer, depth);
    if (PySequence_Check(o) != 0 && !PyBytes_Check(o))
      return items(nb::steal(check(PySequence_List(o))), pointer, depth);
    fail(pointer, fmt::format("a {} is nothing that JSON knows",
                              nb::cast<std::string>(nb::str(object.type().attr("__name__")))));
  }

 private:
  [[noreturn]] void fail(const std::string& pointer, std::string message) const {
    throw Exception({{ErrorCode::schema, std::string(source_) + "#" + pointer, std::move(message), {}}});
  }
  static PyObject* check(PyObject* object) {
    if (object == nullptr) throw nb::python_error();
    return object;
  }

  Json number(double value, const std::string& pointer) const {
    if (!std::isfinite(value)) fail(pointer, "the number is not finite");
    return value;
  }
  Json integer(nb::handle object) const {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
    if (overflow == 0) return static_cast<std::int64_t>(value);
    return spec::BigInteger{nb::cast<std::string>(nb::str(object))};
  }
  Json text(nb::handle object, const std::string& pointer) const {
    Py_ssize_t size = 0;
    const char* bytes = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
    if (bytes == nullptr) {
      PyErr_Clear();
      fail(pointer, "the text has characters that UTF-8 cannot hold (a lone surrogate)");
    }
    return std::string(bytes, static_cast<std::size_t>(size));
  }
  Json members(nb::handle object, const std::string& pointer, int depth) {
    spec::JsonObject out;
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t at = 0;
    out.reserve(static_cast<std::size_t>(PyDict_Size(object.ptr())));
    while (PyDict_Next(object.ptr(), &at, &key, &value) != 0) {
      if (!PyUnicode_Check(key)) fail(pointer, "a key is not a string");
      std::string name = *text(key, pointer).string();
      Json member = read(value, formats::join_pointer(pointer, name), depth + 1);
      out.emplace_back(std::move(name), std::move(member));
    }
    return out;
  }
  Json items(nb::handle object, const std::string& pointer, int depth) {
    spec::JsonArray out;
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(object.ptr());
    out.reserve(static_cast<std::size_t>(n));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object.ptr()); ++i) {
      const nb::object item = nb::borrow(PySequence_Fast_GET_ITEM(object.ptr(), i));
      // Numbers are most of a workspace: no pointer is made for them.
      if (PyFloat_CheckExact(item.ptr()) && std::isfinite(PyFloat_AS_DOUBLE(item.ptr()))) {
        out.emplace_back(PyFloat_AS_DOUBLE(item.ptr()));
        continue;
      }
      out.push_back(read(item, formats::join_pointer(pointer, static_cast<std::size_t>(i)), depth + 1));
    }
    return out;
  }

  std::string_view source_;
};

}  // namespace

Json json_from_python(nb::handle object, std::string_view source_name) {
  return Reader(source_name).read(object, "", 0);
}

nb::object json_to_python(const Json& json) {
  struct Visitor {
    nb::object operator()(std::nullptr_t) const { return nb::none(); }
    nb::object operator()(bool b) const { return nb::bool_(b); }
    nb::object operator()(std::int64_t i) const { return nb::int_(i); }
    nb::object operator()(double d) const { return std::isfinite(d) ? nb::object(nb::float_(d)) : nb::none(); }
    nb::object operator()(const spec::BigInteger& b) const {
      return nb::steal(PyLong_FromString(b.digits.c_str(), nullptr, 10));
    }
    nb::object operator()(const std::string& s) const { return nb::str(s.data(), s.size()); }
    nb::object operator()(const spec::JsonArray& a) const {
      nb::list list;
      for (const Json& item : a) list.append(json_to_python(item));
      return list;
    }
    nb::object operator()(const spec::JsonObject& o) const {
      nb::dict dict;
      for (const auto& [key, value] : o) dict[nb::str(key.data(), key.size())] = json_to_python(value);
      return dict;
    }
  };
  return std::visit(Visitor{}, json.value);
}

}  // namespace relume::python
