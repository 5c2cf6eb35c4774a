// SPDX-License-Identifier: Apache-2.0
// selfsame-mrd: the only program that is linked to libismrmrd. See mri/files/ismrmrd/mrd_helper.hpp.
#include <cstdlib>
#include <cstring>
#include <string>

#include "mri/files/helper_main.hpp"
#include "mri/files/ismrmrd/images_ismrmrd.hpp"
#include "mri/files/ismrmrd/mrd_helper.hpp"

namespace selfsame {
namespace {

constexpr const char* kHelp =
    "selfsame-mrd writes ISMRMRD files for selfsame, in a process that may crash. It is not for use by "
    "hand:\n"
    "  selfsame-mrd write MEMORY SECONDS CLOCK VALUES OUT SLICES X Y FOV_X FOV_Y FOV_Z H1\n";
constexpr int kWords = 14;
// What HDF5 takes for a slice besides its values, and once.
constexpr std::uint64_t kBytesPerSlice = 16384, kBytesOnce = 1 << 20;

std::uint64_t size_of(const char* word) {
  const std::uint64_t size = helper_number(word);
  if (size < 1 || size > 65535) {
    throw HelperRefused(std::string("a size that no header can hold: ") + word);
  }
  return size;
}

float millimetres(const char* word) {
  char* end = nullptr;
  const float value = std::strtof(word, &end);
  if (end == word || *end != '\0' || !(value >= 0 && value < 1e9f)) {
    throw HelperRefused(std::string("not a length: ") + word);
  }
  return value;
}

bool serve(int count, char** words) {
  if (std::strcmp(words[1], "write") != 0 || count != kWords) {
    throw HelperRefused(std::string("no such request: ") + words[1]);
  }
  const MrdImages images{size_of(words[7]),
                         size_of(words[8]),
                         size_of(words[9]),
                         {millimetres(words[10]), millimetres(words[11]), millimetres(words[12])},
                         helper_number(words[13])};
  set_helper_limits(words + 2,
                    images.slices * (images.x * images.y * sizeof(float) + kBytesPerSlice) + kBytesOnce);
  write_mrd_images(words[5], words[6], images);
  return helper_answer(kMrdMagic.answer, nullptr, 0);
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) {
  return selfsame::helper_main(argc, argv, selfsame::kHelp, selfsame::kMrdMagic, selfsame::serve);
}
