#pragma once

extern const char *host_input;
extern char host_frames[8][512], host_output[512], host_error[512];
extern int host_frame_count;

/* Begins a test: the inputs, and the host's answers in their order. */
void host_begin(const char *input, const char *const *replies);
