# arm64 Linux with Debian's cross compiler, run through QEMU. The libraries lie in a folder that tools/setup_arm64.sh
# makes: DIAR_SYSROOT, else build/arm64-sysroot. The instruction set is the baseline, armv8-a.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CXX_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(DIAR_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../../build/arm64-sysroot CACHE PATH "Debian's arm64 libraries")
# Where CMake tries the compiler it needs to know it too.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DIAR_SYSROOT)
cmake_path(ABSOLUTE_PATH DIAR_SYSROOT NORMALIZE)
set(CMAKE_SYSROOT ${DIAR_SYSROOT})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;${DIAR_SYSROOT})

set(CMAKE_FIND_ROOT_PATH ${DIAR_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${DIAR_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${DIAR_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${DIAR_SYSROOT}/usr/share/pkgconfig)
