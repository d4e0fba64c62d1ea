#include "../src/greet.h"
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int run(void);

static void expect(const char *what, const char *got, const char *wanted) {
  if (strcmp(got, wanted) == 0) return;
  fprintf(stderr, "%s: got %s, not %s\n", what, got, wanted);
  exit(1);
}

static void writes_the_greeting(void) {
  const char *const replies[] = {"{\"id\":1,\"ok\":null}", "{\"id\":2,\"ok\":null}"};
  host_begin("{\"name\":\" Ada \\u00fc\",\"path\":\"a.txt\"}", replies);
  if (run() != 0) expect("run", host_error, "no error");
  expect("outputs", host_output, "{\"greeting\":\"Hello, Ada \303\274!\"}");
  expect("the call", host_frames[0],
         "{\"v\":1,\"do\":\"call\",\"capability\":\"fs\",\"operation\":\"write\","
         "\"args\":{\"path\":\"a.txt\",\"content\":\"Hello, Ada \303\274!\\u000a\"}}");
}

static void refuses_an_empty_name(void) {
  host_begin("{\"name\":\" \",\"path\":\"a.txt\"}", NULL);
  run();
  expect("the error", host_error, "{\"v\":1,\"fail\":\"threw\",\"details\":{\"message\":\"name is empty\"}}");
}

static void ends_with_the_denial(void) {
  const char *const replies[] = {"{\"id\":1,\"denied\":{\"code\":\"DENIED\",\"message\":\"No.\",\"remedy\":\"Ask.\"}}"};
  host_begin("{\"name\":\"Ada\",\"path\":\"a.txt\"}", replies);
  run();
  expect("the error", host_error, 
         "{\"v\":1,\"fail\":\"threw\",\"details\":{\"message\":\"No.\",\"call\":1,\"remedy\":\"Ask.\"}}");
}

int main(void) {
  writes_the_greeting();
  refuses_an_empty_name();
  ends_with_the_denial();
  puts("3 tests passed");
}
