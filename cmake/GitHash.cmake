# SPDX-License-Identifier: Apache-2.0
# The commit that a binary was built from, for --version and env.json. Asked for at every build, not at configure time,
# and written only when it changed: a new commit recompiles one file. Without git, or outside a checkout, there is none.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
                  WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE hash OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE result)
  set(content "")
  if(result EQUAL 0)
    set(content "#define SELFSAME_GIT_HASH \"${hash}\"\n")
  endif()
  file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${content}" @ONLY)
  return()
endif()

function(selfsame_git_hash source)
  set(header ${PROJECT_BINARY_DIR}/generated/selfsame_git_hash.hpp)
  add_custom_target(git_hash BYPRODUCTS ${header}
    COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${header}
            -P ${PROJECT_SOURCE_DIR}/cmake/GitHash.cmake
    COMMENT "" VERBATIM)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-include;${header}" OBJECT_DEPENDS ${header})
endfunction()
