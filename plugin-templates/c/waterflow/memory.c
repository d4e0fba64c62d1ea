/* Extism's memory: blocks of bytes that lie outside the module's own, reached by function calls, eight bytes at a time. */
#ifdef __wasm__
#include "internal.h"

#define KERNEL(name) __attribute__((import_module("extism:host/env"), import_name(name)))

KERNEL("input_length") uint64_t kernel_input_length(void);
KERNEL("input_load_u8") uint32_t kernel_input_load8(uint64_t offset);
KERNEL("input_load_u64") uint64_t kernel_input_load64(uint64_t offset);
KERNEL("alloc") uint64_t kernel_alloc(uint64_t length);
KERNEL("free") void kernel_free(uint64_t block);
KERNEL("length") uint64_t kernel_length(uint64_t block);
KERNEL("load_u8") uint32_t kernel_load8(uint64_t address);
KERNEL("load_u64") uint64_t kernel_load64(uint64_t address);
KERNEL("store_u8") void kernel_store8(uint64_t address, uint32_t value);
KERNEL("store_u64") void kernel_store64(uint64_t address, uint64_t value);
KERNEL("output_set") void kernel_output_set(uint64_t block, uint64_t length);
KERNEL("error_set") void kernel_error_set(uint64_t block);
__attribute__((import_module("extism:host/user"), import_name("host_call"))) uint64_t host_call(uint64_t frame);

extern unsigned char __heap_base;

void *wf_allocate(size_t length) {
  static uintptr_t next, end;
  if (next == 0) {
    next = (uintptr_t)&__heap_base;
    end = __builtin_wasm_memory_size(0) * 65536;
  }
  size_t wanted = (length + 15) & ~(size_t)15;
  if (wanted < length) __builtin_trap();
  if (wanted > end - next) {
    size_t pages = (wanted - (end - next) + 65535) / 65536;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
    end += pages * 65536;
  }
  void *block = (void *)next;
  next += wanted;
  return block;
}

static uint64_t block_of(wf_text text) {
  uint64_t block = kernel_alloc(text.length);
  size_t at = 0;
  for (; at + 8 <= text.length; at += 8) {
    uint64_t eight;
    __builtin_memcpy(&eight, text.bytes + at, 8);
    kernel_store64(block + at, eight);
  }
  for (; at < text.length; at++) kernel_store8(block + at, (unsigned char)text.bytes[at]);
  return block;
}

wf_text wf_read_input(void) {
  size_t length = (size_t)kernel_input_length();
  char *bytes = wf_allocate(length), *to = bytes;
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t eight = kernel_input_load64(at);
    __builtin_memcpy(to + at, &eight, 8);
  }
  for (; at < length; at++) to[at] = (char)kernel_input_load8(at);
  return (wf_text){bytes, length};
}

static wf_text text_of(uint64_t block) {
  size_t length = (size_t)kernel_length(block);
  char *bytes = wf_allocate(length);
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t eight = kernel_load64(block + at);
    __builtin_memcpy(bytes + at, &eight, 8);
  }
  for (; at < length; at++) bytes[at] = (char)kernel_load8(block + at);
  return (wf_text){bytes, length};
}

void wf_set_output(wf_text text) { kernel_output_set(block_of(text), text.length); }

void wf_set_error(wf_text message) { kernel_error_set(block_of(message)); }

wf_text wf_exchange(wf_text frame) {
  uint64_t request = block_of(frame);
  uint64_t answer = host_call(request);
  kernel_free(request);
  wf_text text = text_of(answer);
  kernel_free(answer);
  return text;
}

/* What compilers call though there is no C library. */
void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  for (size_t at = 0; at < length; at++) ((char *)to)[at] = ((const char *)from)[at];
  return to;
}

void *memset(void *to, int value, size_t length) {
  for (size_t at = 0; at < length; at++) ((char *)to)[at] = (char)value;
  return to;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
#endif
