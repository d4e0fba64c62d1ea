// A program of WASI, whose `_start` does all that comes before it, and ends with an exit code.
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT("extism:host/env", alloc) uint64_t extism_alloc(uint64_t length);
IMPORT("extism:host/env", store_u8) void extism_store_u8(uint64_t address, uint8_t value);
IMPORT("extism:host/env", output_set) void extism_output_set(uint64_t address, uint64_t length);
IMPORT("wasi_snapshot_preview1", proc_exit) _Noreturn void wasi_proc_exit(int32_t code);

static int constructed = 0;
EXPORT(__wasm_call_ctors) void call_constructors(void) { constructed += 1; }

EXPORT(_start) void command(void) {
  static const char text[] = "nothing came before";
  uint64_t block = extism_alloc(sizeof text - 1);
  for (uint64_t at = 0; at < sizeof text - 1; at++) extism_store_u8(block + at, (uint8_t)text[at]);
  extism_output_set(block, sizeof text - 1);
  wasi_proc_exit(constructed);
}
