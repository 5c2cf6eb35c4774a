# SPDX-License-Identifier: Apache-2.0
# Turns SELFSAME_CUDA=AUTO into ON or OFF. The runtime is linked statically and the driver is looked for when a device
# is asked for, so a binary built here starts on a machine without a driver.
if(SELFSAME_CUDA STREQUAL "AUTO")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(SELFSAME_CUDA ON)
  else()
    message(STATUS "nvcc not found: the CUDA kernels run on the simulated device only")
    set(SELFSAME_CUDA OFF)
  endif()
endif()
if(SELFSAME_CUDA)
  set(CMAKE_CUDA_ARCHITECTURES 90) # of CMake's own trial; targets name theirs
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
endif()
