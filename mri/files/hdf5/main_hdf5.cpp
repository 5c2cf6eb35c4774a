// SPDX-License-Identifier: Apache-2.0
// selfsame-h5, which reads HDF5 files. See mri/files/hdf5/h5_helper.hpp.
#include <cstring>

#include "mri/files/hdf5/h5_helper.hpp"
#include "mri/files/hdf5/requests_hdf5.hpp"
#include "mri/files/helper_main.hpp"

namespace selfsame {
namespace {

constexpr const char* kHelp =
    "selfsame-h5 reads HDF5 files for selfsame, in a process that may crash. It is not for use by hand:\n"
    "  selfsame-h5 describe MEMORY SECONDS CLOCK FILE WHAT...\n"
    "  selfsame-h5 read MEMORY SECONDS CLOCK FILE NAME FIRST COUNT VALUES\n";

bool serve(int count, char** words) {
  const std::string verb = words[1];
  set_helper_limits(words + 2, 0);
  prepare_hdf5();
  if (verb == "describe") {
    const std::string message = describe_hdf5(words[5], {words + 6, words + count});
    return helper_answer(kH5Magic.answer, message.data(), message.size());
  }
  if (verb == "read" && count == 10) {
    const std::vector<float> values = read_hdf5(words[5], words[6], helper_number(words[7]),
                                                helper_number(words[8]), helper_number(words[9]));
    return helper_answer(kH5Magic.answer, values.data(), values.size() * sizeof(float));
  }
  throw HelperRefused("no such request: " + verb);
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) {
  return selfsame::helper_main(argc, argv, selfsame::kHelp, selfsame::kH5Magic, selfsame::serve);
}
