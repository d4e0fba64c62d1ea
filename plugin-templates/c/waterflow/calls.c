#include "waterflow.h"

static wf_answer with_text(const char *capability, const char *operation, const char *key, wf_text text) {
  wf_writer args = wf_object();
  wf_put_text(&args, key, text);
  return wf_call(capability, operation, wf_done(&args));
}

static wf_answer with_texts(const char *operation, const char *first, wf_text left, const char *second, wf_text right) {
  wf_writer args = wf_object();
  wf_put_text(&args, first, left);
  wf_put_text(&args, second, right);
  return wf_call("fs", operation, wf_done(&args));
}

static wf_answer with_nothing(const char *capability, const char *operation) {
  return wf_call(capability, operation, wf_string("{}"));
}

static wf_answer with_integer(const char *capability, const char *operation, const char *key, int64_t number) {
  wf_writer args = wf_object();
  wf_put_integer(&args, key, number);
  return wf_call(capability, operation, wf_done(&args));
}

static wf_answer with_json(const char *capability, const char *operation, const char *key, wf_text json) {
  wf_writer args = wf_object();
  wf_put_json(&args, key, json);
  return wf_call(capability, operation, wf_done(&args));
}

void wf_log(wf_text text) {
  wf_writer args = wf_object();
  wf_put_text(&args, "text", text);
  wf_post("log", "write", wf_done(&args));
}

wf_answer wf_clock_now(void) { return with_nothing("clock", "now"); }

wf_answer wf_sleep(int64_t milliseconds) { return with_integer("sleep", "for", "ms", milliseconds); }

bool wf_is_cancelled(void) { return wf_equal(with_nothing("signal", "cancelled").value, wf_string("true")); }

wf_answer wf_step_info(void) { return with_nothing("step", "info"); }

wf_answer wf_random_uuid(void) { return with_nothing("random", "uuid"); }

wf_answer wf_random_base64(int64_t length) { return with_integer("random", "bytes", "length", length); }

wf_answer wf_fs_read(wf_text path) { return with_text("fs", "read", "path", path); }

wf_answer wf_fs_write(wf_text path, wf_text content) { return with_texts("write", "path", path, "content", content); }

wf_answer wf_fs_list(wf_text path) { return with_text("fs", "list", "path", path); }

wf_answer wf_fs_stat(wf_text path) { return with_text("fs", "stat", "path", path); }

wf_answer wf_fs_mkdir(wf_text path) { return with_text("fs", "mkdir", "path", path); }

wf_answer wf_fs_remove(wf_text path) { return with_text("fs", "remove", "path", path); }

wf_answer wf_fs_copy(wf_text from, wf_text to) { return with_texts("copy", "from", from, "to", to); }

wf_answer wf_fs_move(wf_text from, wf_text to) { return with_texts("move", "from", from, "to", to); }

wf_answer wf_fs_hash(wf_text path) { return with_text("fs", "hash", "path", path); }

wf_answer wf_fs_glob(wf_text pattern) { return with_text("fs", "glob", "pattern", pattern); }

wf_answer wf_fs_pack(wf_text from, wf_text to) { return with_texts("pack", "from", from, "to", to); }

wf_answer wf_fs_unpack(wf_text from, wf_text to) { return with_texts("unpack", "from", from, "to", to); }

wf_answer wf_net_request(wf_text request) { return wf_call("net", "request", request); }

wf_answer wf_net_get(wf_text url) { return with_text("net", "request", "url", url); }

wf_answer wf_exec_run(wf_text command) { return wf_call("exec", "run", command); }

wf_answer wf_secrets_get(wf_text name) { return with_text("secrets", "get", "name", name); }

wf_answer wf_env_set(wf_text variables) { return with_json("env", "set", "variables", variables); }

wf_answer wf_env_add_path(wf_text folders) { return with_json("env", "add_path", "folders", folders); }

wf_answer wf_store_get(wf_text key) { return with_text("store", "get", "key", key); }

wf_answer wf_store_set(wf_text key, wf_text value) {
  wf_writer args = wf_object();
  wf_put_text(&args, "key", key);
  wf_put_json(&args, "value", value);
  return wf_call("store", "set", wf_done(&args));
}

wf_answer wf_store_compare_and_set(wf_text key, int64_t expected, wf_text value) {
  wf_writer args = wf_object();
  wf_put_text(&args, "key", key);
  if (expected == 0) wf_put_json(&args, "expected", wf_string("null"));
  else wf_put_integer(&args, "expected", expected);
  wf_put_json(&args, "value", value);
  return wf_call("store", "compare_and_set", wf_done(&args));
}

wf_answer wf_store_delete(wf_text key) { return with_text("store", "delete", "key", key); }

wf_answer wf_store_list(wf_text prefix, wf_text cursor) {
  wf_writer args = wf_object();
  wf_put_text(&args, "prefix", prefix);
  if (cursor.length > 0) wf_put_text(&args, "cursor", cursor);
  return wf_call("store", "list", wf_done(&args));
}
