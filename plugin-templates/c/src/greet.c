#include "greet.h"

static int is_space(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

wf_text greet(wf_text name) {
  while (name.length > 0 && is_space(name.bytes[0])) {
    name.bytes++;
    name.length--;
  }
  while (name.length > 0 && is_space(name.bytes[name.length - 1])) name.length--;
  if (name.length == 0) return name;
  return wf_join(wf_join(wf_string("Hello, "), name), wf_string("!"));
}
