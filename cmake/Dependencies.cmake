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

# Not by its own CMake package: Debian's refuses to be found without the OpenCL headers, which nothing here needs.
set(dnnl_FOUND OFF)
if(SELFSAME_ONEDNN)
  find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.hpp)
  find_library(DNNL_LIBRARY dnnl)
  if(DNNL_INCLUDE AND DNNL_LIBRARY)
    set(dnnl_FOUND ON)
    add_library(DNNL::dnnl UNKNOWN IMPORTED)
    set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${DNNL_LIBRARY}"
                                                INTERFACE_INCLUDE_DIRECTORIES "${DNNL_INCLUDE}")
  else()
    message(STATUS "oneDNN not found: its versions of ops are left out")
  endif()
endif()
