/* Between the files of the library, and for tests, which put a host of their own in the place of memory.c. */
#pragma once
#include "waterflow.h"

/* The inputs, as the host has them. */
wf_text wf_read_input(void);

void wf_set_output(wf_text text);

void wf_set_error(wf_text message);

/* One frame to the host, and its answer. */
wf_text wf_exchange(wf_text frame);
