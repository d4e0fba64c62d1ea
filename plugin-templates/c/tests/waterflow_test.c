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

/* Whether the last call was this one. */
static bool sent(const char *call, const char *args) {
  wf_text frame = wf_string(host_frames[host_frame_count - 1]);
  wf_text capability = wf_json_text(frame, "capability"), operation = wf_json_text(frame, "operation");
  wf_text name = wf_join(wf_join(capability, wf_string(".")), operation);
  return is(name, call) && is(wf_json_get(frame, "args"), args);
}

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

static void what_is_left_out_is_not_sent(void) {
  const char *const replies[] = {"{\"id\":1,\"ok\":{\"exit_code\":7}}", "{\"ok\":null}", "{\"ok\":null}", "{\"ok\":null}", "{\"ok\":null}", "{\"ok\":null}", "{\"ok\":null}"};
  host_begin("{}", replies);
  wf_writer mounts = wf_list();
  wf_put_json(&mounts, NULL, wf_mount_folder(wf_string("out"), wf_string("/out"), true));
  wf_container container = {
      .image = wf_string("alpine"),
      .command = WF_TEXTS("sh", "-c", "true"),
      .mounts = wf_done(&mounts),
      .limits = {.milli_cpus = 1050},
  };
  wf_answer ran = wf_docker_run(container, (wf_streams){.stdout_to = WF_CAPTURE});
  CHECK(wf_json_integer(ran.value, "exit_code") == 7);
  CHECK(sent("docker.run", "{\"image\":\"alpine\",\"command\":[\"sh\",\"-c\",\"true\"],"
                           "\"mounts\":[{\"path\":\"out\",\"target\":\"/out\",\"access\":\"write\"}],"
                           "\"limits\":{\"cpus\":1.050},\"stdout\":\"capture\"}"));

  wf_ssh_host host = {.host = wf_string("example.org"), .user = wf_string("deploy")};
  wf_ssh_upload(host, (wf_ssh_move){.from = wf_string("site"), .to = wf_string("www"), .mode = 0644});
  CHECK(sent("ssh.upload", "{\"host\":\"example.org\",\"user\":\"deploy\",\"from\":\"site\",\"to\":\"www\",\"mode\":420}"));
  CHECK(wf_json_text(wf_ssh_stat(host, wf_string("www")).value, "type").length == 0);

  wf_message message = {
      .host = wf_string("mx.example.org"),
      .from = wf_mail_address(wf_string("a@example.org"), wf_string("A")),
      .subject = wf_string("Hi"),
  };
  wf_mail_send(message);
  CHECK(sent("mail.send", "{\"host\":\"mx.example.org\",\"from\":{\"address\":\"a@example.org\",\"name\":\"A\"},\"subject\":\"Hi\"}"));

  wf_fs_unpack_with(wf_string("a.tar"), wf_string("a"), (wf_fs_part){.strip = 1});
  CHECK(sent("fs.unpack", "{\"from\":\"a.tar\",\"to\":\"a\",\"strip\":1}"));
  wf_fs_write_with(wf_string("a"), wf_string("AA=="), (wf_fs_writing){.base64 = true, .executable = true});
  CHECK(sent("fs.write", "{\"path\":\"a\",\"content\":\"AA==\",\"encoding\":\"base64\",\"executable\":true}"));

  wf_store_save(wf_string("k"), (wf_store_folder){.from = wf_string("deps"), .keep = true});
  CHECK(sent("store.save", "{\"key\":\"k\",\"from\":\"deps\",\"replace\":false}"));
}

int main(void) {
  reads_json();
  stops_at_what_is_no_json();
  writes_json();
  calls_overlap_and_each_gets_its_own_answer();
  each_way_to_fail_is_a_value();
  what_is_left_out_is_not_sent();
  puts("6 tests passed");
}
