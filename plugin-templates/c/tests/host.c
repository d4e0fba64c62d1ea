/* A host for tests on the author's machine, in the place of memory.c: it answers with what the test says, and keeps what was said to it. */
#include "host.h"
#include "../waterflow/internal.h"
#include <stdlib.h>
#include <string.h>

const char *host_input = "{}";
const char *const *host_replies;
char host_frames[8][512];
int host_frame_count;
char host_output[512], host_error[512];

void *wf_allocate(size_t length) {
  void *block = malloc(length + 1);
  if (block == NULL) abort();
  return block;
}

static void keep(char *to, wf_text text) {
  if (text.length > 511) abort();
  memcpy(to, text.bytes, text.length);
  to[text.length] = 0;
}

wf_text wf_read_input(void) { return wf_string(host_input); }

void wf_set_output(wf_text text) { keep(host_output, text); }

void wf_set_error(wf_text message) { keep(host_error, message); }

wf_text wf_exchange(wf_text frame) {
  keep(host_frames[host_frame_count], frame);
  return wf_string(host_replies[host_frame_count++]);
}

void host_begin(const char *input, const char *const *replies) {
  host_input = input;
  host_replies = replies;
  host_frame_count = 0;
  host_output[0] = host_error[0] = 0;
}
