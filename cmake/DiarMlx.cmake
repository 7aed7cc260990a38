# MLX, from a PyPI wheel or from find_package(MLX). Sets DIAR_WITH_MLX; target diar_mlx carries headers and library.
#   DIAR_MLX      ON: MLX or an error; OFF: never; AUTO: when CMake finds it (Homebrew, CMAKE_PREFIX_PATH, DIAR_MLX_PYTHON)
#   DIAR_MLX_PYTHON  a Python that has the wheel, such as build/mlx-venv/bin/python (tools/setup_mlx.sh makes it)
set(DIAR_MLX AUTO CACHE STRING "MLX backend (Metal, CUDA): ON, OFF or AUTO")
set_property(CACHE DIAR_MLX PROPERTY STRINGS ON OFF AUTO)
set(DIAR_MLX_PYTHON "" CACHE FILEPATH "Python interpreter in which the mlx wheel is installed")
set(DIAR_WITH_MLX OFF)

# The wheel's own MLXConfig.cmake asks for the CUDA toolkit when it was built with CUDA, though its public headers
# need none: so header folder and library are taken as they lie.
function(diar_mlx_from_folder folder)
  find_library(library mlx PATHS ${folder}/lib NO_DEFAULT_PATH NO_CACHE)
  if(NOT library OR NOT EXISTS ${folder}/include/mlx/mlx.h)
    message(FATAL_ERROR "${folder} holds no MLX library and headers")
  endif()
  file(STRINGS ${folder}/include/mlx/version.h lines REGEX "MLX_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
  string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
  list(JOIN numbers "." version)
  # An imported target's headers are system headers: their warnings are not ours.
  add_library(diar_mlx SHARED IMPORTED GLOBAL)
  set_target_properties(diar_mlx PROPERTIES IMPORTED_LOCATION ${library} INTERFACE_INCLUDE_DIRECTORIES ${folder}/include)
  message(STATUS "MLX ${version} in ${folder}")
endfunction()

if(DIAR_MLX AND DIAR_MLX_PYTHON)
  execute_process(COMMAND ${DIAR_MLX_PYTHON} -m mlx --cmake-dir OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE status ERROR_VARIABLE message)
  if(status EQUAL 0)
    diar_mlx_from_folder(${folder})
  elseif(NOT DIAR_MLX STREQUAL "AUTO")
    message(FATAL_ERROR "${DIAR_MLX_PYTHON} has no mlx wheel: ${message}")
  endif()
elseif(DIAR_MLX)
  find_package(MLX CONFIG QUIET)
  if(MLX_FOUND)
    add_library(diar_mlx INTERFACE IMPORTED GLOBAL)
    target_link_libraries(diar_mlx INTERFACE mlx)
    message(STATUS "MLX ${MLX_VERSION} in ${MLX_DIR}")
  elseif(NOT DIAR_MLX STREQUAL "AUTO")
    message(FATAL_ERROR "MLX not found: run tools/setup_mlx.sh and set DIAR_MLX_PYTHON=build/mlx-venv/bin/python, "
                        "or install it (brew install mlx) and set CMAKE_PREFIX_PATH; docs/mlx.md has the details")
  endif()
endif()
if(TARGET diar_mlx)
  set(DIAR_WITH_MLX ON)
  # The installed command and library find MLX where it lies, without environment variables.
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
  # The Linux wheel brings the reference BLAS, which is ten times slower than OpenBLAS. Symbols are looked for in the
  # order in which libraries are linked, so one that the program links itself comes before the wheel's.
  if(UNIX AND NOT APPLE)
    find_library(DIAR_OPENBLAS NAMES openblas libopenblas.so.0)
    mark_as_advanced(DIAR_OPENBLAS)
    if(DIAR_OPENBLAS)
      set_property(TARGET diar_mlx APPEND PROPERTY INTERFACE_LINK_LIBRARIES
        -Wl,--push-state,--no-as-needed ${DIAR_OPENBLAS} -Wl,--pop-state)
      message(STATUS "MLX multiplies matrices on the CPU with ${DIAR_OPENBLAS}")
    endif()
  endif()
endif()
