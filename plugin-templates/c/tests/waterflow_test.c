#include "../waterflow/waterflow.h"
#include "host.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(holds)                                        \
  do {                                                      \
    if (!(holds)) {                                         \
      fprintf(stderr, "line %d: %s\n", __LINE__, #holds);   \
      exit(1);                                              \
    }                                                       \
  } while (0)

static bool is(wf_text text, const char *wanted) { return wf_equal(text, wf_string(wanted)); }

static void reads_json(void) {
  wf_text json = wf_string(" { \"a\\u0062\" : [1, -23.5 ,{\"}\":\"]\\\"\"}], \"t\":true,\"s\":\"\\ud83d\\ude00\\n\\ud83d\", \"t\":false }");
  CHECK(is(wf_json_item(wf_json_get(json, "ab"), 0), "1"));
  CHECK(is(wf_json_item(wf_json_get(json, "ab"), 1), "-23.5"));
  CHECK(is(wf_json_text(wf_json_item(wf_json_get(json, "ab"), 2), "}"), "]\""));
  CHECK(wf_json_item(wf_json_get(json, "ab"), 3).length == 0);
  CHECK(!wf_json_flag(json, "t"));
  CHECK(is(wf_json_text(json, "s"), "\xf0\x9f\x98\x80\n\xef\xbf\xbd"));
  CHECK(wf_json_get(json, "none").length == 0);
  CHECK(wf_json_integer(wf_string("{\"n\":-12}"), "n") == -12);
  CHECK(wf_json_integer(wf_string("{\"n\":99999999999999999999}"), "n") == INT64_MAX);
}

static void stops_at_what_is_no_json(void) {
  static const char *const broken[] = {"", "{", "{\"a\"", "{\"a\":", "{\"a\":\"\\", "[", "[1", "\"", "{]", "{\"a\":\"\\u12"};
  for (size_t at = 0; at < sizeof broken / sizeof *broken; at++) {
    wf_json_text(wf_string(broken[at]), "a");
    wf_json_item(wf_string(broken[at]), 5);
  }
}

static void writes_json(void) {
  wf_writer list = wf_list();
  wf_put_integer(&list, NULL, INT64_MIN);
  wf_put_text(&list, NULL, wf_string("\"\\\n"));
  wf_writer object = wf_object();
  wf_put_flag(&object, "f", true);
  wf_put_json(&object, "l", wf_done(&list));
  CHECK(is(wf_done(&object), "{\"f\":true,\"l\":[-9223372036854775808,\"\\\"\\\\\\u000a\"]}"));
}

static void calls_overlap_and_each_gets_its_own_answer(void) {
  const char *const replies[] = {"{\"id\":1}", "{\"id\":2}", "{\"id\":2,\"ok\":\"second\"}", "{\"id\":1,\"ok\":\"first\"}"};
  host_begin("{}", replies);
  wf_pending first = wf_submit("c", "o", wf_string("{}")), second = wf_submit("c", "o", wf_string("{}"));
  CHECK(is(wf_json_as_text(wf_wait(first).value), "first"));
  CHECK(is(wf_json_as_text(wf_wait(second).value), "second"));
  CHECK(host_frame_count == 4);
}

static void each_way_to_fail_is_a_value(void) {
  const char *const replies[] = {
      "{\"id\":1,\"denied\":{\"code\":\"DENIED\",\"rule\":\"r\"}}",
      "{\"id\":2,\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"m\"}}",
      "{\"id\":3,\"cancelled\":true}",
  };
  host_begin("{}", replies);
  wf_answer denied = wf_fs_read(wf_string("a"));
  CHECK(denied.outcome == WF_DENIED && is(denied.rule, "r"));
  CHECK(is(wf_fs_read(wf_string("a")).code, "NOT_FOUND"));
  CHECK(wf_sleep(1).outcome == WF_CANCELLED);
}

int main(void) {
  reads_json();
  stops_at_what_is_no_json();
  writes_json();
  calls_overlap_and_each_gets_its_own_answer();
  each_way_to_fail_is_a_value();
  puts("5 tests passed");
}
