// SPDX-License-Identifier: Apache-2.0
#include "mri/files/ismrmrd/images_ismrmrd.hpp"

#include <fcntl.h>
#include <ismrmrd/dataset.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "mri/files/helper_main.hpp"

namespace selfsame {
namespace {

constexpr const char *kGroup = "dataset", *kImages = "image_0";  // image_ and the image_series_index
// Read by clients that expect an ismrmrdMeta document with every image and parse it.
constexpr const char* kAttributes =
    "<?xml "
    "version=\"1.0\"?>\n<ismrmrdMeta><meta><name>DataRole</name><value>Image</value></meta></ismrmrdMeta>\n";

/// The library's first complaint since the start; HDF5's own, the most exact ones, come before ISMRMRD's.
std::string& first_complaint() {
  static std::string text;
  return text;
}

void check(int code, const char* what) {
  if (code != ISMRMRD::ISMRMRD_NOERROR) {
    throw HelperRefused(std::string(what) + (first_complaint().empty() ? "" : ": " + first_complaint()));
  }
}

std::string xml_header(const MrdImages& images) {
  std::ostringstream space, text;
  space << "<matrixSize><x>" << images.x << "</x><y>" << images.y << "</y><z>1</z></matrixSize>"
        << "<fieldOfView_mm><x>" << images.fov_mm[0] << "</x><y>" << images.fov_mm[1] << "</y><z>"
        << images.fov_mm[2] << "</z></fieldOfView_mm>";
  text << "<?xml version=\"1.0\"?>\n<ismrmrdHeader xmlns=\"http://www.ismrm.org/ISMRMRD\">\n"
       << "  <experimentalConditions><H1resonanceFrequency_Hz>" << images.h1_hz
       << "</H1resonanceFrequency_Hz></experimentalConditions>\n"
       << "  <encoding>\n    <encodedSpace>" << space.str() << "</encodedSpace>\n    <reconSpace>"
       << space.str() << "</reconSpace>\n    <encodingLimits><slice><minimum>0</minimum><maximum>"
       << images.slices - 1 << "</maximum><center>" << images.slices / 2
       << "</center></slice></encodingLimits>\n    <trajectory>cartesian</trajectory>\n  </encoding>\n"
       << "</ismrmrdHeader>\n";
  return text.str();
}

void read_fully(int descriptor, void* to, std::size_t bytes) {
  char* at = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t n = ::read(descriptor, at, bytes);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      throw HelperRefused("the values end early");
    }
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

void set_header(ISMRMRD::ISMRMRD_ImageHeader& head, const MrdImages& images) {
  head.data_type = ISMRMRD::ISMRMRD_FLOAT;
  head.image_type = ISMRMRD::ISMRMRD_IMTYPE_MAGNITUDE;
  head.matrix_size[0] = static_cast<std::uint16_t>(images.x);
  head.matrix_size[1] = static_cast<std::uint16_t>(images.y);
  head.matrix_size[2] = head.channels = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    head.field_of_view[axis] = images.fov_mm[axis];
  }
  head.attribute_string_len = static_cast<std::uint32_t>(std::strlen(kAttributes));
}

}  // namespace

void write_mrd_images(const std::string& values, const std::string& out, const MrdImages& images) {
  ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);  // needs no lock, and some network file systems have none
  ISMRMRD::ismrmrd_set_error_handler([](const char*, int, const char*, int, const char* message) {
    if (message != nullptr && first_complaint().empty()) {
      first_complaint() = message;
    }
  });
  const int from = ::open(values.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) {
    throw HelperRefused("the values cannot be opened");
  }
  ISMRMRD::ISMRMRD_Dataset file{};
  check(ISMRMRD::ismrmrd_init_dataset(&file, out.c_str(), kGroup), "cannot begin");
  check(ISMRMRD::ismrmrd_open_dataset(&file, true), "cannot be created");
  check(ISMRMRD::ismrmrd_write_header(&file, xml_header(images).c_str()), "header");
  ISMRMRD::ISMRMRD_Image image{};
  check(ISMRMRD::ismrmrd_init_image(&image), "image");
  set_header(image.head, images);
  check(ISMRMRD::ismrmrd_make_consistent_image(&image), "image");  // takes the memory
  std::memcpy(image.attribute_string, kAttributes, std::strlen(kAttributes) + 1);
  for (std::uint64_t s = 0; s < images.slices; ++s) {
    read_fully(from, image.data, images.x * images.y * sizeof(float));
    image.head.slice = static_cast<std::uint16_t>(s);
    image.head.image_index = static_cast<std::uint16_t>(s + 1);
    check(ISMRMRD::ismrmrd_append_image(&file, kImages, &image), "slice");
  }
  check(ISMRMRD::ismrmrd_close_dataset(&file), "cannot be closed");
}

}  // namespace selfsame
