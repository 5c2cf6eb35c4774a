# SPDX-License-Identifier: Apache-2.0
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # What ccache must not mind where a header is precompiled (its manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(selfsame_flags INTERFACE)
target_include_directories(selfsame_flags INTERFACE ${PROJECT_SOURCE_DIR})
# No -ffast-math anywhere. Contraction to fused multiply-adds is on in the *_simd.cpp files only (cmake/Layers.cmake).
target_compile_options(selfsame_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -ffp-contract=off)
if(SELFSAME_SANITIZE)
  # Instrumented code of the standard library (std::regex) draws false warnings from gcc 12 (its bug 105562); the build
  # without sanitizers keeps them as errors.
  target_compile_options(selfsame_flags INTERFACE -fsanitize=${SELFSAME_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  target_link_options(selfsame_flags INTERFACE -fsanitize=${SELFSAME_SANITIZE})
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(SELFSAME_X86 ON)
  target_compile_definitions(selfsame_flags INTERFACE SELFSAME_X86_SETS=1)
  set(SELFSAME_AMX_FLAGS -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma -mavx512bf16 -mamx-tile -mamx-bf16
                         -mprefer-vector-width=512)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    include(CheckCXXCompilerFlag)
    string(JOIN " " amx_flags ${SELFSAME_AMX_FLAGS})
    check_cxx_compiler_flag("${amx_flags}" SELFSAME_AMX)
  endif()
  if(SELFSAME_AMX)
    target_compile_definitions(selfsame_flags INTERFACE SELFSAME_AMX=1)
  endif()
endif()
