# SPDX-License-Identifier: Apache-2.0
# All of these are packages of Debian 12; scripts/setup.sh installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)

if(SELFSAME_ONEDNN)
  find_package(dnnl QUIET)
  if(NOT dnnl_FOUND)
    message(STATUS "oneDNN not found: its versions of ops are left out")
  endif()
endif()
