# SPDX-License-Identifier: Apache-2.0
# A folder is an OBJECT library: a file that only registers a loss or a mask is never dropped by the linker.
# Sources are found by name, so a new op, loss or layer is one new file:
#   *_simd.cpp   compiled once per instruction set, namespace SELFSAME_ISA
#   *_onednn.cpp compiled only when oneDNN is found
function(selfsame_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(simd ${sources})
  list(FILTER simd INCLUDE REGEX "_simd\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_simd\\.cpp$")
  if(NOT dnnl_FOUND)
    list(FILTER sources EXCLUDE REGEX "_onednn\\.cpp$")
  endif()

  add_library(${name} OBJECT ${sources})
  target_link_libraries(${name} PUBLIC selfsame_flags fmt::fmt Threads::Threads)
  foreach(below ${ARGN})
    target_link_libraries(${name} PUBLIC ${below})
  endforeach()
  if(name STREQUAL "kernels")
    target_include_directories(kernels PUBLIC ${XXHASH_INCLUDE})
    target_link_libraries(kernels PUBLIC nlohmann_json::nlohmann_json ${XXHASH_LIBRARY})
    if(dnnl_FOUND)
      target_compile_definitions(kernels PUBLIC SELFSAME_ONEDNN=1)
      target_link_libraries(kernels PUBLIC DNNL::dnnl)
    endif()
  elseif(name STREQUAL "mri")
    target_link_libraries(mri PUBLIC PNG::PNG JPEG::JPEG)
  elseif(name STREQUAL "engine")
    target_link_libraries(engine PUBLIC CLI11::CLI11)
  endif()

  set(sets baseline)
  if(SELFSAME_X86)
    list(APPEND sets avx2 avx512)
  endif()
  set(flags_avx2 -mavx2 -mfma)
  set(flags_avx512 -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma -mprefer-vector-width=512)
  if(simd)
    # On the source, because a target's own options stand before those of selfsame_flags, and the last one counts.
    set_source_files_properties(${simd} PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)
  endif()
  foreach(set ${sets})
    if(simd)
      add_library(${name}_${set} OBJECT ${simd})
      target_link_libraries(${name}_${set} PRIVATE selfsame_flags fmt::fmt)
      target_compile_definitions(${name}_${set} PRIVATE SELFSAME_ISA=${set} SELFSAME_ISA_${set}=1)
      # Optimised in every build type: the kernels are what the tests wait for.
      target_compile_options(${name}_${set} PRIVATE -O3 ${flags_${set}} -fno-math-errno -Wno-psabi)
      target_sources(${name} INTERFACE $<TARGET_OBJECTS:${name}_${set}>)
    endif()
  endforeach()
endfunction()

# Links an executable to folders: objects of an OBJECT library are passed on only to direct dependants.
function(selfsame_link target)
  target_link_libraries(${target} PRIVATE ${ARGN})
endfunction()
