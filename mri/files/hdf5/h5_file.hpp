// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace selfsame {

/// What a request asks of a file: names of the root group; data sets and texts also as paths, "group/name".
struct H5Request {
  std::vector<std::string> data_sets, attributes, texts;  ///< texts: data sets that are one string
};

struct H5DataSet {
  std::vector<std::int64_t> shape;  ///< no dimension is negative; the product fits 64 bits
  bool complex = false;             ///< a compound {r, i} or {real, imag}
  std::int64_t elements = 0;
  std::optional<std::uint64_t> offset;  ///< where its floats stand in the file, if they stand there as such

  [[nodiscard]] std::int64_t floats_per_element() const { return complex ? 2 : 1; }
};

/// An attribute: a number, or a text, or neither (an array, a reference).
struct H5Attribute {
  std::optional<double> number;
  std::optional<std::string> text;
  /// A text that is a number counts as one, and a number as a text: files in the field hold either.
  [[nodiscard]] std::optional<double> as_number() const;
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::string as_text() const;
};

/// An HDF5 file opened for reading. libhdf5 itself, which crashes and hangs on damaged files, runs in one
/// short process of the program `selfsame-h5` per request, with limits on memory and time
/// (mri/files/hdf5/h5_helper.hpp); nothing that it answers is believed before it is compared with the size of
/// the file. Uncompressed arrays of floats in this machine's byte order are read directly, once the helper
/// has said where they stand. Thread-safe; holds no open descriptor between calls.
///
/// Errors: Error(kData) "PATH: unreadable HDF5: ..." for everything that libhdf5 refuses or does: a crash, no
///         end within 10 s or 1 s of processor time (plus a second of both for 20 MB asked for), more memory
///         than the size of the file explains, an answer that is none.
class H5File {
 public:
  /// @param helper  the program to ask; empty: the `selfsame-h5` of this build
  H5File(std::filesystem::path path, const H5Request& request, std::filesystem::path helper = {});

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Null if the file has none of this name. Errors: Error(kData) if it is no array of numbers.
  [[nodiscard]] const H5DataSet* find(const std::string& name) const;
  [[nodiscard]] const H5Attribute* attribute(const std::string& name) const;
  [[nodiscard]] const std::string* text(const std::string& name) const;

  /// Elements [first, first + count) along the first dimension as floats, two for a complex element.
  [[nodiscard]] std::vector<float> read(const std::string& name, std::int64_t first,
                                        std::int64_t count) const;

 private:
  struct Found {
    bool numbers = false;
    H5DataSet data;
  };
  void take_apart(const std::string& answer, const H5Request& request);
  [[nodiscard]] std::string ask(std::vector<std::string> words, std::uint64_t answer_bytes) const;

  std::filesystem::path path_, helper_;
  std::uint64_t file_bytes_ = 0;
  std::map<std::string, Found> data_sets_;
  std::map<std::string, H5Attribute> attributes_;
  std::map<std::string, std::string> texts_;
};

/// The helper program: `selfsame-h5` in the folder of the running program or the one above it. Empty if there
/// is none, because the build found no libhdf5.
[[nodiscard]] const std::filesystem::path& h5_helper_program();

/// A whole array of a file. Errors: as above, and Error(kData) if there is no array of numbers of that name.
struct H5Array {
  std::vector<std::int64_t> shape;
  bool complex = false;
  std::vector<float> values;  ///< C order; two floats for a complex element
};
[[nodiscard]] H5Array read_h5_array(const std::filesystem::path& path, const std::string& name);

}  // namespace selfsame
