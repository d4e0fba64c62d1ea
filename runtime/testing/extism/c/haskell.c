// What a module of Haskell exports, with the order in which its runtime has to be started. What comes before `_initialize` counts for nothing.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static int state = 0;

EXPORT(_initialize) void initialize(void) { state = state == 0 ? 1 : 90; }
EXPORT(hs_init) void hs_init(int32_t count, int32_t arguments) {
  if (state != 0) state = state == 1 && count == 0 && arguments == 0 ? 2 : 91;
}
EXPORT(started) int32_t started(void) { return state == 2 ? 0 : state + 1000; }
