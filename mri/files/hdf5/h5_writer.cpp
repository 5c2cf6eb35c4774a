// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/h5_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "kernels/base/error.hpp"
#include "mri/files/dims_text.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};
// Group nodes hold 2 * kLeaf names; the tree above them is one node with one child.
constexpr std::size_t kLeaf = 4, kInternal = 16, kMostDataSets = 2 * kLeaf, kMostDimensions = 8;
constexpr std::size_t kSuperblockBytes = 96, kNodeBytes = 24 + 8 * (4 * kInternal + 1),
                      kNamesBytes = 8 + 40 * 2 * kLeaf, kHeapBytes = 32, kSmallestCollection = 4096;
constexpr std::uint64_t kAlignment = 64;

std::uint64_t rounded(std::uint64_t n, std::uint64_t unit) { return (n + unit - 1) / unit * unit; }

/// Little-endian fields, one after the other.
class Fields {
 public:
  Fields& u8(std::initializer_list<int> values) {
    for (const int v : values) {
      bytes_ += static_cast<char>(v);
    }
    return *this;
  }
  Fields& u16(std::uint64_t v) { return raw(v, 2); }
  Fields& u32(std::uint64_t v) { return raw(v, 4); }
  Fields& u64(std::uint64_t v) { return raw(v, 8); }
  Fields& text(std::string_view v) {
    bytes_ += v;
    return *this;
  }
  /// A text with its final zero, filled up with zeros to a multiple of 8.
  Fields& name(std::string_view v) {
    bytes_ += v;
    bytes_.append(rounded(v.size() + 1, 8) - v.size(), '\0');
    return *this;
  }
  Fields& padded(std::string_view v) {
    bytes_ += v;
    bytes_.append(rounded(v.size(), 8) - v.size(), '\0');
    return *this;
  }
  Fields& fill(std::size_t size) {
    SELFSAME_CHECK(bytes_.size() <= size, "{} bytes where {} have room", bytes_.size(), size);
    bytes_.resize(size, '\0');
    return *this;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  Fields& raw(std::uint64_t v, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      bytes_ += static_cast<char>(v >> (8 * i) & 255);
    }
    return *this;
  }
  std::string bytes_;
};

// ---- messages of object headers

enum MessageType {
  kDataspace = 1,
  kDatatype = 3,
  kFillValue = 5,
  kLayout = 8,
  kAttribute = 12,
  kSymbolTable = 17
};

std::string float_type(int bytes) {
  // Class 1 version 1; little-endian, implied leading bit, sign in the last bit; offset, precision, exponent,
  // mantissa, bias.
  const bool wide = bytes == 8;
  return Fields()
      .u8({0x11, 0x20, 8 * bytes - 1, 0})
      .u32(static_cast<std::uint64_t>(bytes))
      .u16(0)
      .u16(static_cast<std::uint64_t>(8 * bytes))
      .u8({wide ? 52 : 23, wide ? 11 : 8, 0, wide ? 52 : 23})
      .u32(wide ? 1023 : 127)
      .bytes();
}

std::string complex_type() {
  Fields type;
  type.u8({0x16, 2, 0, 0}).u32(8);  // class 6 version 1, two members
  for (const auto& [name, offset] : {std::pair{"r", 0}, std::pair{"i", 4}}) {
    type.name(name).u32(static_cast<std::uint64_t>(offset)).fill(type.size() + 28);  // no dimensions
    type.text(float_type(4));
  }
  return type.bytes();
}

/// Variable-length text, UTF-8: a sequence of one-byte texts; 16 bytes in place (length, collection, index).
std::string text_type() {
  return Fields().u8({0x19, 1, 1, 0}).u32(16).u8({0x10, 0, 0, 0}).u32(1).u16(0).u16(8).bytes();
}

std::string dataspace(std::span<const std::int64_t> shape) {
  Fields space;
  space.u8({1, static_cast<int>(shape.size()), 0, 0}).u32(0);
  for (const std::int64_t d : shape) {
    space.u64(static_cast<std::uint64_t>(d));
  }
  return space.bytes();
}

struct Message {
  MessageType type;
  std::string body;
};

std::string object_header(std::span<const Message> messages) {
  Fields all;
  for (const Message& m : messages) {
    const std::uint64_t bytes = rounded(m.body.size(), 8);
    SELFSAME_CHECK(bytes < 65536, "an HDF5 header message of {} bytes", bytes);
    all.u16(m.type).u16(bytes).u8({0, 0, 0, 0}).padded(m.body);
  }
  return Fields().u8({1, 0}).u16(messages.size()).u32(1).u32(all.size()).u32(0).text(all.bytes()).bytes();
}

/// @param heap_slot  for a text: the collection's address and the index in it
std::string attribute_body(const H5Writer::Attribute& attribute, std::uint64_t collection,
                           std::uint64_t index) {
  const std::string type = std::holds_alternative<double>(attribute.value) ? float_type(8) : text_type();
  const std::string space = dataspace({});
  Fields body;
  body.u8({1, 0}).u16(attribute.name.size() + 1).u16(type.size()).u16(space.size());
  body.name(attribute.name).padded(type).padded(space);
  if (const double* number = std::get_if<double>(&attribute.value)) {
    body.u64(std::bit_cast<std::uint64_t>(*number));
  } else {
    body.u32(std::get<std::string>(attribute.value).size()).u64(collection).u32(index);
  }
  return body.bytes();
}

/// The texts of the attributes: a global heap collection.
std::string text_collection(std::span<const H5Writer::Attribute> attributes) {
  Fields objects;
  std::uint64_t index = 0;
  for (const H5Writer::Attribute& a : attributes) {
    if (const std::string* text = std::get_if<std::string>(&a.value)) {
      objects.u16(++index).u16(1).u32(0).u64(text->size()).padded(*text);
    }
  }
  if (index == 0) {
    return {};
  }
  const std::uint64_t bytes =
      std::max<std::uint64_t>(kSmallestCollection, rounded(16 + objects.size() + 16, 8));
  const std::uint64_t free = bytes - 16 - objects.size();  // its own head included
  return Fields()
      .text("GCOL")
      .u8({1, 0, 0, 0})
      .u64(bytes)
      .text(objects.bytes())
      .u16(0)
      .u16(0)
      .u32(0)
      .u64(free)
      .fill(bytes)
      .bytes();
}

std::uint64_t floats_of(const H5Writer::DataSet& data) {
  std::uint64_t floats = data.complex ? 2 : 1;
  SELFSAME_CHECK(!data.shape.empty() && data.shape.size() <= kMostDimensions, "{}: {} dimensions", data.name,
                 data.shape.size());
  for (const std::int64_t d : data.shape) {
    SELFSAME_CHECK(d >= 1 && !__builtin_mul_overflow(floats, static_cast<std::uint64_t>(d), &floats) &&
                       floats < std::uint64_t{1} << 60,
                   "{}: shape ({})", data.name, dims_text(data.shape));
  }
  return floats;
}

std::string data_set_header(const H5Writer::DataSet& data, std::uint64_t address) {
  const std::array<Message, 4> messages{{
      {kDataspace, dataspace(data.shape)},
      {kDatatype, data.complex ? complex_type() : float_type(4)},
      // Version 2: space taken early, fill value written if one is set, the default one of no bytes.
      {kFillValue, Fields().u8({2, 1, 2, 1}).u32(0).bytes()},
      {kLayout, Fields().u8({3, 1}).u64(address).u64(floats_of(data) * sizeof(float)).bytes()},
  }};
  return object_header(messages);
}

/// Everything before the data, which begin at the returned string's end; `floats` is how many come after.
std::string file_head(std::span<const H5Writer::DataSet> data_sets,
                      std::span<const H5Writer::Attribute> attributes, std::uint64_t& floats) {
  SELFSAME_CHECK(!data_sets.empty() && data_sets.size() <= kMostDataSets, "{} data sets", data_sets.size());
  std::vector<std::size_t> by_name(data_sets.size());
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  std::sort(by_name.begin(), by_name.end(),
            [&](std::size_t a, std::size_t b) { return data_sets[a].name < data_sets[b].name; });
  Fields names;
  names.u64(0);  // the empty name of the root
  std::vector<std::uint64_t> name_at(data_sets.size());
  for (std::size_t k = 0; k < by_name.size(); ++k) {
    const std::string& name = data_sets[by_name[k]].name;
    SELFSAME_CHECK(!name.empty() && name.find('/') == std::string::npos &&
                       name.find('\0') == std::string::npos &&
                       (k == 0 || name != data_sets[by_name[k - 1]].name),
                   "'{}' is no name of an HDF5 data set here", name);
    name_at[by_name[k]] = names.size();
    names.name(name);
  }

  // Sizes do not depend on addresses, so the root's header is made twice.
  const auto root = [&](std::uint64_t tree, std::uint64_t heap, std::uint64_t collection) {
    std::vector<Message> messages{{kSymbolTable, Fields().u64(tree).u64(heap).bytes()}};
    std::uint64_t text = 0;
    for (const H5Writer::Attribute& a : attributes) {
      text += std::holds_alternative<std::string>(a.value);
      messages.push_back({kAttribute, attribute_body(a, collection, text)});
    }
    return object_header(messages);
  };
  const std::string texts = text_collection(attributes);
  const std::uint64_t root_at = kSuperblockBytes;
  const std::uint64_t tree_at = root_at + root(0, 0, 0).size();
  const std::uint64_t symbols_at = tree_at + kNodeBytes;
  const std::uint64_t heap_at = symbols_at + kNamesBytes;
  const std::uint64_t texts_at = heap_at + kHeapBytes + names.size();
  const std::uint64_t headers_at = texts_at + texts.size();

  std::vector<std::uint64_t> header_at;
  std::uint64_t at = headers_at;
  for (const H5Writer::DataSet& data : data_sets) {
    header_at.push_back(at);
    at += data_set_header(data, 0).size();
  }
  const std::uint64_t data_at = rounded(at, kAlignment);
  Fields headers;
  floats = 0;
  for (const H5Writer::DataSet& data : data_sets) {
    headers.text(data_set_header(data, data_at + floats * sizeof(float)));
    floats += floats_of(data);
  }

  Fields symbols;
  symbols.text("SNOD").u8({1, 0}).u16(data_sets.size());
  for (const std::size_t i : by_name) {
    symbols.u64(name_at[i]).u64(header_at[i]).u32(0).u32(0).u64(0).u64(0);
  }
  Fields tree;
  tree.text("TREE").u8({0, 0}).u16(1).u64(kUndefined).u64(kUndefined);
  tree.u64(0).u64(symbols_at).u64(name_at[by_name.back()]);

  Fields head;
  head.text("\x89HDF\r\n\x1a\n").u8({0, 0, 0, 0, 0, 8, 8, 0}).u16(kLeaf).u16(kInternal).u32(0);
  head.u64(0).u64(kUndefined).u64(data_at + floats * sizeof(float)).u64(kUndefined);
  head.u64(0).u64(root_at).u32(1).u32(0).u64(tree_at).u64(heap_at);
  head.fill(kSuperblockBytes).text(root(tree_at, heap_at, texts_at));
  head.text(tree.fill(kNodeBytes).bytes()).text(symbols.fill(kNamesBytes).bytes());
  constexpr std::uint64_t kNothingFree = 1;
  head.text("HEAP").u32(0).u64(names.size()).u64(kNothingFree).u64(heap_at + kHeapBytes);
  head.text(names.bytes()).text(texts).text(headers.bytes()).fill(data_at);
  return head.bytes();
}

}  // namespace

H5Writer::H5Writer(const fs::path& path, std::vector<DataSet> data_sets,
                   std::span<const Attribute> attributes)
    : file_(path) {
  file_.write(file_head(data_sets, attributes, missing_));
}

void H5Writer::append(std::span<const float> values) {
  SELFSAME_CHECK(values.size() <= missing_, "{}: {} values where {} are missing", file_.path().string(),
                 values.size(), missing_);
  file_.write(std::as_bytes(values));
  missing_ -= values.size();
}

void H5Writer::commit() {
  SELFSAME_CHECK(missing_ == 0, "{}: {} values are missing", file_.path().string(), missing_);
  file_.commit();
}

void write_h5_reconstruction(const fs::path& path, std::span<const float> values, std::int64_t slices,
                             std::int64_t h, std::int64_t w) {
  H5Writer writer(path, {{"reconstruction", {slices, h, w}, false}}, {});
  writer.append(values);
  writer.commit();
}

void write_h5_kspace(const fs::path& path, const KSpaceHeader& header, const H5KSpaceSlices& slices,
                     bool single, std::optional<double> norm) {
  SELFSAME_CHECK(!single || header.coils == 1, "{}: {} coils in a single-coil file", path.string(),
                 header.coils);
  std::vector<H5Writer::DataSet> data{{"kspace", {header.slices, header.coils, header.h, header.w}, true}};
  if (single) {
    data[0].shape.erase(data[0].shape.begin() + 1);
  }
  if (!header.reference.empty()) {
    data.push_back({header.reference, {header.slices, header.recon_h, header.recon_w}, false});
  }
  if (!header.mask.empty()) {
    const bool columns = header.mask.size() == static_cast<std::size_t>(header.w);
    data.push_back({"mask", columns ? std::vector{header.w} : std::vector{header.h, header.w}, false});
  }
  std::vector<H5Writer::Attribute> attributes;
  const auto add = [&](const char* name, const auto& value) {
    if (value) {
      attributes.push_back({name, static_cast<double>(*value)});
    }
  };
  add("max", header.max);
  add("norm", norm);
  add("acceleration", header.acceleration);
  add("num_low_frequency", header.num_low_frequency);
  for (const auto& [name, text] :
       {std::pair{"acquisition", &header.acquisition}, {"patient_id", &header.patient_id}}) {
    if (!text->empty()) {
      attributes.push_back({name, *text});
    }
  }
  H5Writer writer(path, std::move(data), attributes);
  for (std::int64_t s = 0; s < header.slices; ++s) {
    const std::vector<std::complex<float>> values = slices.kspace(s);
    // std::complex<float> is two floats by its definition.
    writer.append({reinterpret_cast<const float*>(values.data()), 2 * values.size()});
  }
  for (std::int64_t s = 0; s < header.slices && !header.reference.empty(); ++s) {
    writer.append(slices.reference(s));
  }
  const std::vector<float> mask(header.mask.begin(), header.mask.end());
  writer.append(mask);
  writer.commit();
}

}  // namespace selfsame
