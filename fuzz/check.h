// A condition that must hold for every input.  Not assert(): it must stand in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

#define PF_CHECK(...)                                                                       \
  do {                                                                                      \
    if (const bool holds = (__VA_ARGS__); !holds) {                                         \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
