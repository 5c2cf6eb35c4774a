// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/requests_hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "mri/files/hdf5/h5_helper.hpp"
#include "mri/files/message_writer.hpp"

namespace selfsame {
namespace {

/// An identifier of the library. It is never closed: the process ends after one request, and closing is where
/// a damaged structure is touched once more.
class Id {
 public:
  explicit Id(hid_t id) : id_(id) {}
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
};

/// The library's first and most exact complaint.
std::string complaint(const char* otherwise) {
  std::string text;
  const auto visit = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc != nullptr) {
      *static_cast<std::string*>(out) = error->desc;
    }
    return 1;  // the first one is enough
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &text);
  return text.empty() ? otherwise : text;
}

[[noreturn]] void refuse(const std::string& where, const char* otherwise) {
  throw HelperRefused(where + ": " + complaint(otherwise));
}

Id open_file(const std::string& path) {
  Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file.valid()) {
    throw HelperRefused(complaint("cannot be opened"));
  }
  return file;
}

/// Whether there is a link of this name or path, and that a direct one within the file.
bool is_direct_link(hid_t file, const std::string& name) {
  const htri_t there = H5Lexists(file, name.c_str(), H5P_DEFAULT);
  if (there < 0) {
    refuse(name, "cannot be looked up");
  }
  if (there == 0) {
    return false;
  }
  H5L_info_t link{};
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) < 0) {
    refuse(name, "cannot be looked up");
  }
  if (link.type != H5L_TYPE_HARD) {
    throw HelperRefused(name + ": is a link to elsewhere");
  }
  return true;
}

/// The data set of this name, if there is one; only direct links are followed, also by the groups above it.
std::optional<Id> find_data_set(hid_t file, const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (!is_direct_link(file, name.substr(0, slash))) {
      return std::nullopt;
    }
  }
  if (!is_direct_link(file, name)) {
    return std::nullopt;
  }
  const Id object(H5Oopen(file, name.c_str(), H5P_DEFAULT));
  if (!object.valid()) {
    refuse(name, "cannot be opened");
  }
  if (H5Iget_type(object) != H5I_DATASET) {
    throw HelperRefused(name + ": is not a data set");
  }
  return object;
}

struct Layout {
  std::vector<hsize_t> dims;
  bool contiguous = false;
};

Layout layout_of(hid_t data, const std::string& name) {
  Layout layout;
  const Id space(H5Dget_space(data));
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > kH5MostDimensions) {
    refuse(name, "its dimensions cannot be read");
  }
  layout.dims.resize(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, layout.dims.data(), nullptr) < 0) {
    refuse(name, "its dimensions cannot be read");
  }
  const Id creation(H5Dget_create_plist(data));
  const H5D_layout_t kind = H5Pget_layout(creation);
  if (kind != H5D_COMPACT && kind != H5D_CONTIGUOUS && kind != H5D_CHUNKED) {
    throw HelperRefused(name + ": is a virtual data set");
  }
  if (H5Pget_external_count(creation) != 0) {
    throw HelperRefused(name + ": its data are in another file");
  }
  layout.contiguous = kind == H5D_CONTIGUOUS;
  return layout;
}

bool is_number(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  return (kind == H5T_FLOAT || kind == H5T_INTEGER || kind == H5T_ENUM) && H5Tget_size(type) <= 16;
}

/// The names of the two parts of a complex number, real part first; nothing if the type is not one.
std::optional<std::pair<const char*, const char*>> complex_names(hid_t type) {
  if (H5Tget_class(type) != H5T_COMPOUND || H5Tget_nmembers(type) != 2 || H5Tget_size(type) > 32) {
    return std::nullopt;
  }
  for (const auto& [real, imaginary] : {std::pair{"r", "i"}, std::pair{"real", "imag"}}) {
    const int r = H5Tget_member_index(type, real), i = H5Tget_member_index(type, imaginary);
    if (r >= 0 && i >= 0 && r != i && is_number(Id(H5Tget_member_type(type, static_cast<unsigned>(r)))) &&
        is_number(Id(H5Tget_member_type(type, static_cast<unsigned>(i))))) {
      return std::pair{real, imaginary};
    }
  }
  return std::nullopt;
}

/// The type of the answer in memory: a float, or two with the file's names.
Id memory_type(hid_t type, H5Kind kind) {
  if (kind == H5Kind::kReal) {
    return Id(H5T_NATIVE_FLOAT);
  }
  const auto names = complex_names(type);
  const Id pair(H5Tcreate(H5T_COMPOUND, 2 * sizeof(float)));
  H5Tinsert(pair, names->first, 0, H5T_NATIVE_FLOAT);
  H5Tinsert(pair, names->second, sizeof(float), H5T_NATIVE_FLOAT);
  return pair;
}

H5Kind kind_of(hid_t type) {
  return is_number(type) ? H5Kind::kReal : complex_names(type) ? H5Kind::kComplex : H5Kind::kOther;
}

void describe_data_set(MessageWriter& out, hid_t data, const std::string& name) {
  const Layout layout = layout_of(data, name);
  const Id type(H5Dget_type(data));
  if (!type.valid()) {
    refuse(name, "its type cannot be read");
  }
  const H5Kind kind = kind_of(type);
  out.u8(static_cast<std::uint8_t>(kind));
  if (kind == H5Kind::kOther) {
    return;
  }
  out.u8(static_cast<std::uint8_t>(layout.dims.size()));
  for (const hsize_t d : layout.dims) {
    out.u64(d);
  }
  out.u64(H5Tget_size(type));
  std::uint64_t offset = kH5NoOffset;
  if (layout.contiguous && H5Tequal(type, memory_type(type, kind)) > 0) {
    const haddr_t at = H5Dget_offset(data);
    offset = at == HADDR_UNDEF ? kH5NoOffset : at;
  }
  out.u64(offset);
}

void put_text(MessageWriter& out, const std::string& name, const char* text, std::size_t longest) {
  const std::size_t size = ::strnlen(text, longest);
  if (size > kH5LongestText) {
    throw HelperRefused(name + ": a text of more than 16 MiB");
  }
  out.u8(static_cast<std::uint8_t>(H5Kind::kText));
  out.text({text, size});
}

/// One number or text, of an attribute or a data set, through `read(memory type, buffer)`.
template <typename Read>
void put_value(MessageWriter& out, const std::string& name, hid_t type, hid_t space, bool numbers,
               Read read) {
  const bool single = H5Sget_simple_extent_npoints(space) == 1;
  if (single && numbers && is_number(type)) {
    double value = 0;
    if (read(H5T_NATIVE_DOUBLE, &value) < 0) {
      refuse(name, "cannot be read");
    }
    out.u8(static_cast<std::uint8_t>(H5Kind::kNumber));
    out.f64(value);
    return;
  }
  if (!single || H5Tget_class(type) != H5T_STRING) {
    out.u8(static_cast<std::uint8_t>(H5Kind::kOther));
    return;
  }
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (read(type, &text) < 0) {
      refuse(name, "cannot be read");
    }
    put_text(out, name, text == nullptr ? "" : text, kH5LongestText + 1);
    return;
  }
  const std::size_t size = H5Tget_size(type);
  if (size > kH5LongestText) {
    throw HelperRefused(name + ": a text of more than 16 MiB");
  }
  std::string text(size, '\0');
  if (read(type, text.data()) < 0) {
    refuse(name, "cannot be read");
  }
  if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) {
    text.resize(text.find_last_not_of(' ') + 1);
  }
  put_text(out, name, text.c_str(), text.size());
}

void describe_attribute(MessageWriter& out, hid_t file, const std::string& name) {
  const htri_t there = H5Aexists(file, name.c_str());
  if (there < 0) {
    refuse("attribute " + name, "cannot be looked up");
  }
  if (there == 0) {
    out.u8(static_cast<std::uint8_t>(H5Kind::kAbsent));
    return;
  }
  const Id attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT));
  if (!attribute.valid()) {
    refuse("attribute " + name, "cannot be opened");
  }
  put_value(out, "attribute " + name, Id(H5Aget_type(attribute)), Id(H5Aget_space(attribute)), true,
            [&](hid_t type, void* to) { return H5Aread(attribute, type, to); });
}

}  // namespace

void prepare_hdf5() {
  ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);  // needs no lock, and some network file systems have none
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

std::string describe_hdf5(const std::string& path, const std::vector<std::string>& what) {
  const Id file = open_file(path);
  MessageWriter out;
  for (const std::string& word : what) {
    const std::string name = word.substr(std::min<std::size_t>(2, word.size()));
    if (word.starts_with("a:")) {
      describe_attribute(out, file, name);
      continue;
    }
    const std::optional<Id> data = find_data_set(file, name);
    if (!data) {
      out.u8(static_cast<std::uint8_t>(H5Kind::kAbsent));
    } else if (word.starts_with("d:")) {
      describe_data_set(out, *data, name);
    } else {
      (void)layout_of(*data, name);
      put_value(out, name, Id(H5Dget_type(*data)), Id(H5Dget_space(*data)), false, [&](hid_t type, void* to) {
        return H5Dread(*data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
      });
    }
  }
  return out.bytes();
}

std::vector<float> read_hdf5(const std::string& path, const std::string& name, std::uint64_t first,
                             std::uint64_t count, std::uint64_t values) {
  const Id file = open_file(path);
  const std::optional<Id> data = find_data_set(file, name);
  if (!data) {
    throw HelperRefused(name + ": no such data set");
  }
  const Layout layout = layout_of(*data, name);
  const Id type(H5Dget_type(*data));
  const H5Kind kind = kind_of(type);
  if (kind == H5Kind::kOther || layout.dims.empty()) {
    throw HelperRefused(name + ": is no array of numbers");
  }
  // What is asked for was computed from the dimensions that this file had a moment ago.
  std::uint64_t expected = count * (kind == H5Kind::kComplex ? 2 : 1);
  bool fits = first <= layout.dims[0] && count <= layout.dims[0] - first;
  for (std::size_t d = 1; d < layout.dims.size(); ++d) {
    fits = fits && !__builtin_mul_overflow(expected, layout.dims[d], &expected);
  }
  if (!fits || expected != values) {
    throw HelperRefused(name + ": it was changed while it was read");
  }
  std::vector<hsize_t> start(layout.dims.size(), 0), block = layout.dims;
  start[0] = first;
  block[0] = count;
  const Id file_space(H5Dget_space(*data));
  const Id memory_space(H5Screate_simple(static_cast<int>(block.size()), block.data(), nullptr));
  std::vector<float> out(static_cast<std::size_t>(values));
  if (H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr) < 0 ||
      H5Dread(*data, memory_type(type, kind), memory_space, file_space, H5P_DEFAULT, out.data()) < 0) {
    refuse(name, "cannot be read");
  }
  return out;
}

}  // namespace selfsame
