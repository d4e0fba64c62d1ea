#pragma once
#include "waterflow.h"

/* The greeting; empty where the name is. Keep what needs no host in functions of its own: they can be tested without one. */
wf_text greet(wf_text name);
