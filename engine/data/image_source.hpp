// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mri/files/image.hpp"

namespace selfsame {

struct ImagePair {
  Image first, second;
};

/// A numbered set of images. All methods are const and thread-safe; the order never depends on the file
/// system.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  [[nodiscard]] virtual std::int64_t count() const = 0;
  /// What the message of an error calls image i: a path, with "[k]" for image k of a stack.
  [[nodiscard]] virtual std::string name(std::int64_t i) const = 0;
  /// Known without decoding.
  [[nodiscard]] virtual ImageInfo info(std::int64_t i) const = 0;
  /// Errors: Error(kData) naming the file.
  [[nodiscard]] virtual Image load(std::int64_t i) const = 0;

  /// True for two measurements of each scene. Then `load` gives the first of them.
  [[nodiscard]] virtual bool paired() const { return false; }
  /// Both measurements, of equal size. Errors: Error(kInternal) unless paired().
  [[nodiscard]] virtual ImagePair load_pair(std::int64_t i) const;
};

/// How many channels the images of a source have.
enum class ChannelMode {
  kAsStored,
  kGray,    ///< colour becomes luminance (to_gray)
  kColor,   ///< gray is repeated three times
  kPacked,  ///< four planes of packed raw data; other files are bad files
};

/// What happens to files that cannot be used: damaged, of no known format, or smaller than asked for.
enum class BadFilePolicy {
  kRefuse,  ///< one error names them all (the first 20, and the number)
  kSkip,    ///< they are left out and named in OpenedImages::warnings
};

struct OpenOptions {
  ChannelMode channels = ChannelMode::kAsStored;
  BadFilePolicy bad_files = BadFilePolicy::kRefuse;
  int min_height = 1, min_width = 1;  ///< smaller images count as bad files
  bool recursive = true;              ///< folders: also the folders below
};

struct OpenedImages {
  std::shared_ptr<const ImageSource> source;
  std::vector<std::string> warnings;
};

/// Opens images of any kind by what `path` is: a folder; a PNG, JPEG or npy file; a list file named *.txt.
/// Only headers are read: an image whose header is whole but whose pixels are damaged is an error when it is
/// loaded. Errors: Error(kData) if nothing is there, if no image is left, or by the policy.
[[nodiscard]] OpenedImages open_images(const std::string& path, const OpenOptions& options);

/// All PNG, JPEG and npy files below a folder, sorted by the bytes of their path relative to it. Formats are
/// told by content. Files of other content are bad files if they are named *.png, *.jpg, *.jpeg or *.npy, and
/// ignored otherwise. Names that begin with a dot are ignored; links to files are followed, links to folders
/// are not.
[[nodiscard]] OpenedImages open_folder(const std::string& folder, const OpenOptions& options);

/// The files named in a text file, one a line, in that order; relative paths are relative to the list's
/// folder. Empty lines and lines that begin with '#' are ignored. Errors: also a file that is listed twice.
[[nodiscard]] OpenedImages open_list(const std::string& list, const OpenOptions& options);

/// The files given, in that order; stacks contribute all their images.
[[nodiscard]] OpenedImages open_files(const std::vector<std::string>& paths, const OpenOptions& options);

struct PairOptions {
  /// Endings of the file names' stems that tell the two measurements apart, e.g. "_real" and "_mean"; files
  /// without them are ignored. With different endings both folders may be the same.
  std::string first_suffix, second_suffix;
  OpenOptions open;
};

/// Two measurements of each scene, from two folders, matched by relative path without ending and suffix,
/// sorted by it; or from two files, whatever their names, whose images are matched by their order. Errors:
/// Error(kData) that names what has no partner, or partners of unequal size (by the policy).
[[nodiscard]] OpenedImages open_pairs(const std::string& first, const std::string& second,
                                      const PairOptions& options);

}  // namespace selfsame
