// Extism's ABI from C, by its imports themselves: what a kit for a language that has none begins with.
#include <stdint.h>

#define ENV(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

ENV(alloc) uint64_t extism_alloc(uint64_t length);
ENV(free) void extism_free(uint64_t block);
ENV(length) uint64_t extism_length(uint64_t block);
ENV(load_u8) uint8_t extism_load_u8(uint64_t address);
ENV(load_u64) uint64_t extism_load_u64(uint64_t address);
ENV(store_u8) void extism_store_u8(uint64_t address, uint8_t value);
ENV(store_u64) void extism_store_u64(uint64_t address, uint64_t value);
ENV(input_offset) uint64_t extism_input_offset(void);
ENV(input_length) uint64_t extism_input_length(void);
ENV(input_load_u8) uint8_t extism_input_load_u8(uint64_t offset);
ENV(input_load_u64) uint64_t extism_input_load_u64(uint64_t offset);
ENV(output_set) void extism_output_set(uint64_t address, uint64_t length);
ENV(error_set) void extism_error_set(uint64_t block);
ENV(var_get) uint64_t extism_var_get(uint64_t name);
ENV(var_set) void extism_var_set(uint64_t name, uint64_t value);
ENV(http_status_code) int32_t extism_http_status_code(void);
ENV(http_headers) uint64_t extism_http_headers(void);

static uint64_t block_of(const char *text) {
  uint64_t length = 0;
  while (text[length] != 0) length++;
  uint64_t block = extism_alloc(length);
  for (uint64_t at = 0; at < length; at++) extism_store_u8(block + at, (uint8_t)text[at]);
  return block;
}

// The input's own block, and no copy of it.
EXPORT(input_block) int32_t input_block(void) {
  extism_output_set(extism_input_offset(), extism_input_length());
  return 0;
}

// Bytes 2 to 5 of the input.
EXPORT(part) int32_t part(void) {
  extism_output_set(extism_input_offset() + 2, 3);
  return 0;
}

// The input by words, then by bytes, and what is asked for beyond its end is zero.
EXPORT(by_words) int32_t by_words(void) {
  uint64_t length = extism_input_length();
  uint64_t block = extism_alloc(length);
  uint64_t at = 0;
  for (; at + 8 <= length; at += 8) extism_store_u64(block + at, extism_input_load_u64(at));
  for (; at < length; at++) extism_store_u8(block + at, extism_input_load_u8(at));
  if (extism_input_load_u8(length) != 0 || extism_load_u8(block + length) != 0) return 1;
  if (length >= 8 && extism_load_u64(block) != extism_input_load_u64(0)) return 2;
  extism_output_set(block, length);
  return 0;
}

// As kits do that clean up after themselves.
EXPORT(freed) int32_t freed(void) {
  uint64_t block = block_of("said before it was freed");
  extism_output_set(block, extism_length(block));
  extism_free(block);
  if (extism_length(block) != 0) return 1;
  extism_free(block);
  extism_free(0);
  return 0;
}

// A variable is a copy: neither its block nor the one that was given for it is the variable.
EXPORT(copied_variable) int32_t copied_variable(void) {
  uint64_t value = block_of("value");
  extism_var_set(block_of("name"), value);
  extism_store_u8(value, 'V');
  extism_free(value);
  uint64_t got = extism_var_get(block_of("name"));
  extism_store_u8(got, 'W');
  extism_free(got);
  uint64_t again = extism_var_get(block_of("name"));
  extism_output_set(again, extism_length(again));
  return 0;
}

// Variables that take much room, one after the other: what was given for them is nobody's any more.
EXPORT(large_variables) int32_t large_variables(void) {
  for (int round = 0; round < 400; round++) extism_var_set(block_of("name"), extism_alloc(500000));
  return 0;
}

EXPORT(nothing) int32_t nothing(void) {
  if (extism_alloc(0) != 0) return 1;
  if (extism_var_get(block_of("never set")) != 0) return 2;
  if (extism_http_status_code() != 0 || extism_http_headers() != 0) return 3;
  extism_output_set(0, 0);
  return 0;
}

EXPORT(error_then_trap) int32_t error_then_trap(void) {
  extism_error_set(block_of("said before the end"));
  __builtin_trap();
}

EXPORT(error_and_zero) int32_t error_and_zero(void) {
  extism_error_set(block_of("an error counts, whatever is returned"));
  return 0;
}

EXPORT(error_taken_back) int32_t error_taken_back(void) {
  extism_error_set(block_of("no"));
  extism_error_set(0);
  return 0;
}

EXPORT(without_result) void without_result(void) {
  uint64_t block = block_of("no result");
  extism_output_set(block, extism_length(block));
}

EXPORT(wide_result) int64_t wide_result(void) { return 0; }

// What the loops of kits do, often: each block is given back.
EXPORT(many_blocks) int32_t many_blocks(void) {
  for (int round = 0; round < 200000; round++) {
    uint64_t block = extism_alloc(64);
    if (block == 0) return 1;
    extism_store_u64(block, (uint64_t)round);
    extism_free(block);
  }
  return 0;
}

// The order in which a language's runtime was started: of each, whether it ran before.
static int constructed = 0;
EXPORT(__wasm_call_ctors) void call_constructors(void) { constructed += 1; }
EXPORT(_initialize) void initialize(void) { constructed += 10; }
EXPORT(constructed) int32_t was_constructed(void) { return constructed == 1 ? 0 : 100 + constructed; }
