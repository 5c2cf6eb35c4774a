# SPDX-License-Identifier: Apache-2.0
# A folder is an OBJECT library: a file that only registers a loss or a mask is never dropped by the linker.
# Sources are found by name, so a new op, loss or layer is one new file:
#   *_simd.cpp   compiled once per instruction set, namespace SELFSAME_ISA
#   *_amx.cpp    compiled for AMX and AVX-512, if the compiler can; no inline code of the standard library either
#   *_onednn.cpp compiled only when oneDNN is found
#   *_hdf5.cpp   only in the program selfsame-h5, where libhdf5 may crash (mri/files/hdf5/h5_helper.hpp)
#   *_ismrmrd.cpp  only in the program selfsame-mrd, because libismrmrd brings libhdf5 with it
#   *_cudnn.cpp, *_cublas.cpp, *_cufft.cpp compiled only with the CUDA toolkit and the library's headers
#   *.cu         compiled by nvcc (namespace cuda) and by the host compiler (namespace simulated)
#   device/cuda  compiled only with the CUDA toolkit; device/sim only with the simulated device

# Generated sources that include the given .cu files, in the variable `out`: one per file, so that reports name the .cu
# file. Pragmas such as unroll are nvcc's. With the stack probed page by page, an array that is too large for a thread's
# stack cannot step over its guard page.
function(selfsame_simulated_sources out)
  set(wrappers)
  foreach(file ${ARGN})
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${file})
    set(wrapper ${PROJECT_BINARY_DIR}/simulated/${relative}.cpp)
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"${relative}\"\n" @ONLY)
    list(APPEND wrappers ${wrapper})
  endforeach()
  set_source_files_properties(${wrappers} PROPERTIES COMPILE_DEFINITIONS SELFSAME_GPU=simulated
    COMPILE_OPTIONS "-Wno-unknown-pragmas;-fstack-clash-protection")
  set(${out} ${wrappers} PARENT_SCOPE)
endfunction()

# The .cu files of a folder as plain C++.
function(selfsame_simulated name)
  selfsame_simulated_sources(wrappers ${ARGN})
  add_library(${name}_simulated OBJECT ${wrappers})
  target_link_libraries(${name}_simulated PRIVATE selfsame_flags fmt::fmt)
  # Optimised in every build type, as the vector kernels are.
  target_compile_options(${name}_simulated PRIVATE -O2)
  if(SELFSAME_SANITIZE MATCHES "thread")
    target_compile_definitions(${name}_simulated PRIVATE SELFSAME_SIM_TSAN=1)
  endif()
  set(objects $<TARGET_OBJECTS:${name}_simulated>)
  if(NOT SELFSAME_SANITIZE)
    # Once more for programs with the property SELFSAME_TRAFFIC, with a call at every access (device/sim/traffic.hpp).
    # Packs stay whole: one access of 16 bytes and not eight of 2.
    add_library(${name}_traffic OBJECT EXCLUDE_FROM_ALL ${wrappers})
    target_link_libraries(${name}_traffic PRIVATE selfsame_flags fmt::fmt)
    target_compile_options(${name}_traffic PRIVATE -O1 -g1 -fno-tree-sra -fsanitize=thread -U__SANITIZE_THREAD__)
    set(objects $<IF:$<BOOL:$<TARGET_PROPERTY:SELFSAME_TRAFFIC>>,$<TARGET_OBJECTS:${name}_traffic>,${objects}>)
  endif()
  target_sources(${name} INTERFACE ${objects})
endfunction()

# The same files by nvcc, for every architecture in SELFSAME_CUDA_ARCHITECTURES.
function(selfsame_cuda name)
  add_library(${name}_cuda OBJECT ${ARGN})
  target_include_directories(${name}_cuda PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_cuda PRIVATE fmt::fmt)
  target_compile_definitions(${name}_cuda PRIVATE SELFSAME_GPU=cuda SELFSAME_CUDA=1 FMT_USE_CONSTEXPR=1)
  target_compile_options(${name}_cuda PRIVATE --expt-relaxed-constexpr --Werror=all-warnings -Xptxas=-v
                         -Xcompiler=-Wall,-Wextra,-Wshadow --threads=2 -lineinfo)
  # Noise has the same bits on every device: no fused multiply-adds there.
  set(exact ${ARGN})
  list(FILTER exact INCLUDE REGEX "/noise_gpu\\.cu$")
  if(exact)
    set_source_files_properties(${exact} PROPERTIES COMPILE_OPTIONS -fmad=false)
  endif()
  set_target_properties(${name}_cuda PROPERTIES CUDA_ARCHITECTURES "${SELFSAME_CUDA_ARCHITECTURES}")
  target_sources(${name} INTERFACE $<TARGET_OBJECTS:${name}_cuda>)
endfunction()

function(selfsame_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$|_hdf5\\.cpp$|_ismrmrd\\.cpp$|/sim/access_hooks\\.cpp$")
  set(simd ${sources})
  list(FILTER simd INCLUDE REGEX "_simd\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_simd\\.cpp$")
  set(amx ${sources})
  list(FILTER amx INCLUDE REGEX "_amx\\.cpp$")
  if(NOT SELFSAME_AMX)
    list(FILTER sources EXCLUDE REGEX "_amx\\.cpp$")
  elseif(amx)
    set_source_files_properties(${amx} PROPERTIES COMPILE_OPTIONS "-O3;${SELFSAME_AMX_FLAGS}")
  endif()
  if(NOT dnnl_FOUND)
    list(FILTER sources EXCLUDE REGEX "_onednn\\.cpp$")
  endif()

  if(NOT SELFSAME_CUDA)
    list(FILTER sources EXCLUDE REGEX "/device/cuda/")
  endif()
  if(NOT SELFSAME_CUDNN)
    list(FILTER sources EXCLUDE REGEX "_cudnn\\.cpp$|/device/cuda/cudnn_")
  endif()
  if(NOT SELFSAME_CUBLAS)
    list(FILTER sources EXCLUDE REGEX "_cublas\\.cpp$|/device/cuda/cublas_")
  endif()
  if(NOT SELFSAME_CUFFT)
    list(FILTER sources EXCLUDE REGEX "_cufft\\.cpp$|/device/cuda/cufft_")
  endif()
  if(NOT SELFSAME_SIMULATED)
    list(FILTER sources EXCLUDE REGEX "/device/sim/")
  endif()
  file(GLOB_RECURSE gpu_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cu)

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
    if(SELFSAME_CUDA)
      target_compile_definitions(kernels PUBLIC SELFSAME_CUDA=1)
      target_include_directories(kernels SYSTEM PUBLIC ${CUDAToolkit_INCLUDE_DIRS})
      target_link_libraries(kernels PUBLIC CUDA::cudart_static)
    endif()
    target_link_libraries(kernels PUBLIC ${CMAKE_DL_LIBS})
    if(SELFSAME_CUDNN)
      target_compile_definitions(kernels PUBLIC SELFSAME_CUDNN=1)
      target_include_directories(kernels SYSTEM PUBLIC ${SELFSAME_CUDNN_INCLUDE})
    endif()
    if(SELFSAME_CUBLAS)
      target_compile_definitions(kernels PUBLIC SELFSAME_CUBLAS=1)
      target_include_directories(kernels SYSTEM PUBLIC ${SELFSAME_CUBLAS_INCLUDE})
    endif()
    if(SELFSAME_CUFFT)
      target_compile_definitions(kernels PUBLIC SELFSAME_CUFFT=1)
      target_include_directories(kernels SYSTEM PUBLIC ${SELFSAME_CUFFT_INCLUDE})
    endif()
    if(SELFSAME_SIMULATED)
      target_compile_definitions(kernels PUBLIC SELFSAME_SIMULATED=1)
      if(SELFSAME_SANITIZE MATCHES "thread")
        # Accesses of the simulator itself are not those of a kernel.
        target_compile_definitions(kernels PUBLIC SELFSAME_SIM_TSAN=1)
        file(GLOB_RECURSE simulator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/device/sim/*.cpp)
        set_source_files_properties(${simulator} PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
      endif()
      # Matrix products are what the simulated kernels wait for; they touch only what the lanes have given.
      set_source_files_properties(${PROJECT_SOURCE_DIR}/kernels/device/sim/warp_words.cpp PROPERTIES
                                  COMPILE_OPTIONS "-O3;-fno-sanitize=all")
    endif()
  elseif(name STREQUAL "mri")
    target_link_libraries(mri PUBLIC PNG::PNG JPEG::JPEG)
  elseif(name STREQUAL "engine")
    target_link_libraries(engine PUBLIC CLI11::CLI11 PRIVATE Boost::headers)
  endif()

  if(gpu_sources AND SELFSAME_SIMULATED)
    selfsame_simulated(${name} ${gpu_sources})
  endif()
  if(gpu_sources AND SELFSAME_CUDA)
    selfsame_cuda(${name} ${gpu_sources})
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
    # Unrolled butterflies: with every access checked they take many minutes to compile. The tests' guard bands watch
    # what they write.
    set(unrolled ${simd})
    list(FILTER unrolled INCLUDE REGEX "/fourier_(composites|primes)_simd\\.cpp$")
    if(unrolled)
      set_source_files_properties(${unrolled} PROPERTIES COMPILE_OPTIONS "-ffp-contract=fast;-fno-sanitize=all")
    endif()
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

# A program that alone is linked to some libraries, made of the sources *_SUFFIX.cpp of a folder: beside `selfsame`,
# where programs of the build look for it.
function(selfsame_helper name folder suffix includes libraries)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*_${suffix}.cpp)
  add_executable(${name} ${sources})
  target_include_directories(${name} SYSTEM PRIVATE ${includes})
  target_link_libraries(${name} PRIVATE selfsame_flags ${libraries})
  if(NOT SELFSAME_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  add_dependencies(selfsame ${name})
endfunction()

# Links an executable to folders: objects of an OBJECT library are passed on only to direct dependants.
function(selfsame_link target)
  target_link_libraries(${target} PRIVATE ${ARGN})
endfunction()
