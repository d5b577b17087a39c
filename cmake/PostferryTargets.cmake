# One library a layer.  What a layer may include is what its target links: see docs/architecture.md.

# Standalone asio of bookworm (1.22) needs to be told that clang has coroutines.  It also decides how to allocate by a
# macro of libstdc++ that is only there when a standard header came first, so two files could disagree and one free by
# operator delete what the other got from aligned_alloc: decided here for all.
add_library(pf_asio INTERFACE)
target_compile_definitions(pf_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1
  ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(pf_asio INTERFACE Threads::Threads)

# pf_layer(NAME DIR [DEPENDS ...]): every .cpp directly in DIR (and in the listed SUBDIRS) makes library pf_NAME.
function(pf_layer NAME)
  cmake_parse_arguments(ARG "ASIO" "" "DIRS;DEPENDS;PRIVATE" ${ARGN})
  set(sources)
  foreach(dir ${ARG_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${dir}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    add_library(pf_${NAME} INTERFACE)
    target_include_directories(pf_${NAME} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(pf_${NAME} INTERFACE ${ARG_DEPENDS})
    return()
  endif()
  add_library(pf_${NAME} STATIC ${sources})
  target_include_directories(pf_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(pf_${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  if(ARG_ASIO)
    target_link_libraries(pf_${NAME} PUBLIC pf_asio)
    target_precompile_headers(pf_${NAME} PRIVATE <asio/awaitable.hpp> <fmt/format.h> <chrono> <expected> <memory> <optional>
      <span> <string> <string_view> <vector>)
  endif()
endfunction()
