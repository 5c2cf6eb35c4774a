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
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # CMake 3.25 does not know it of nvcc 13
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
  endif()
  find_package(CUDAToolkit REQUIRED)
  # Keeps the assembler's report of every kernel beside its object, for scripts/kernel_resources.sh.
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${PROJECT_SOURCE_DIR}/cmake/keep_ptxas.sh)
  if(CCACHE)
    list(APPEND CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
  endif()
endif()

# cuDNN and cuBLAS are loaded when an implementation of that name is asked for, never linked: only their headers count
# here. Without a header its versions are left out. cuDNN 9 is what the code is written for.
set(SELFSAME_CUDNN OFF)
set(SELFSAME_CUBLAS OFF)
if(SELFSAME_CUDA)
  find_path(SELFSAME_CUDNN_INCLUDE cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_path(SELFSAME_CUBLAS_INCLUDE cublas_v2.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  mark_as_advanced(SELFSAME_CUDNN_INCLUDE SELFSAME_CUBLAS_INCLUDE)
  if(SELFSAME_CUDNN_INCLUDE AND EXISTS ${SELFSAME_CUDNN_INCLUDE}/cudnn_version.h)
    file(STRINGS ${SELFSAME_CUDNN_INCLUDE}/cudnn_version.h cudnn_major REGEX "define CUDNN_MAJOR 9$")
    if(cudnn_major)
      set(SELFSAME_CUDNN ON)
    endif()
  endif()
  if(SELFSAME_CUBLAS_INCLUDE)
    set(SELFSAME_CUBLAS ON)
  endif()
  message(STATUS "versions by name: cudnn ${SELFSAME_CUDNN}, cublas ${SELFSAME_CUBLAS}")
endif()
