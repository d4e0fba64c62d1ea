#include "waterflow.h"
#include "internal.h"

wf_text wf_string(const char *literal) { return (wf_text){literal, __builtin_strlen(literal)}; }

wf_text wf_join(wf_text first, wf_text second) {
  char *bytes = wf_allocate(first.length + second.length);
  for (size_t at = 0; at < first.length; at++) bytes[at] = first.bytes[at];
  for (size_t at = 0; at < second.length; at++) bytes[first.length + at] = second.bytes[at];
  return (wf_text){bytes, first.length + second.length};
}

bool wf_equal(wf_text left, wf_text right) {
  if (left.length != right.length) return false;
  for (size_t at = 0; at < left.length; at++) {
    if (left.bytes[at] != right.bytes[at]) return false;
  }
  return true;
}

wf_text wf_inputs(void) { return wf_read_input(); }

int wf_output(wf_text json) {
  wf_set_output(json);
  return 0;
}

/* The frame of docs/host-calls.md. */
static int fail(wf_writer *details) {
  wf_writer frame = wf_object();
  wf_put_integer(&frame, "v", 1);
  wf_put_text(&frame, "fail", wf_string("threw"));
  wf_put_json(&frame, "details", wf_done(details));
  wf_set_error(wf_done(&frame));
  return 1;
}

int wf_fail_with(wf_text message, wf_text outputs, wf_text remedy) {
  wf_writer details = wf_object();
  wf_put_text(&details, "message", message);
  if (outputs.length > 0) wf_put_json(&details, "outputs", outputs);
  if (remedy.length > 0) wf_put_text(&details, "remedy", remedy);
  return fail(&details);
}

int wf_fail(wf_text message) { return wf_fail_with(message, wf_string(""), wf_string("")); }

int wf_end(wf_answer answer) {
  wf_writer details = wf_object();
  wf_put_text(&details, "message", answer.message);
  if (answer.call > 0) wf_put_integer(&details, "call", answer.call);
  if (answer.remedy.length > 0) wf_put_text(&details, "remedy", answer.remedy);
  return fail(&details);
}

static wf_text send(const char *verb, const char *capability, const char *operation, wf_text args) {
  wf_writer frame = wf_object();
  wf_put_integer(&frame, "v", 1);
  wf_put_text(&frame, "do", wf_string(verb));
  wf_put_text(&frame, "capability", wf_string(capability));
  wf_put_text(&frame, "operation", wf_string(operation));
  wf_put_json(&frame, "args", args.length == 0 ? wf_string("{}") : args);
  return wf_exchange(wf_done(&frame));
}

static wf_answer failure(wf_outcome outcome, wf_text reason, int64_t call) {
  return (wf_answer){
      .outcome = outcome,
      .call = call,
      .code = wf_json_text(reason, "code"),
      .message = wf_json_text(reason, "message"),
      .rule = wf_json_text(reason, "rule"),
      .remedy = wf_json_text(reason, "remedy"),
  };
}

static wf_answer answer_of(wf_text reply) {
  if (wf_json_flag(reply, "cancelled")) {
    wf_text message = wf_string("the step is being cancelled");
    return (wf_answer){.outcome = WF_CANCELLED, .code = wf_string("CANCELLED"), .message = message};
  }
  wf_text denied = wf_json_get(reply, "denied"), error = wf_json_get(reply, "error");
  if (denied.length > 0) return failure(WF_DENIED, denied, wf_json_integer(reply, "id"));
  if (error.length > 0) return failure(WF_ERROR, error, wf_json_integer(reply, "id"));
  return (wf_answer){.outcome = WF_OK, .value = wf_json_get(reply, "ok")};
}

wf_answer wf_call(const char *capability, const char *operation, wf_text args) {
  return answer_of(send("call", capability, operation, args));
}

wf_pending wf_submit(const char *capability, const char *operation, wf_text args) {
  wf_text reply = send("submit", capability, operation, args);
  return (wf_pending){.id = wf_json_integer(reply, "id"), .refused = answer_of(reply)};
}

void wf_post(const char *capability, const char *operation, wf_text args) { send("post", capability, operation, args); }

/* Answers that came while another was waited for. */
typedef struct early {
  struct early *next;
  int64_t id;
  wf_text reply;
} early;

static early *arrived;

wf_answer wf_wait(wf_pending pending) {
  if (pending.id == 0) return pending.refused;
  for (;;) {
    for (early **at = &arrived; *at != NULL; at = &(*at)->next) {
      if ((*at)->id != pending.id) continue;
      wf_text reply = (*at)->reply;
      *at = (*at)->next;
      return answer_of(reply);
    }
    wf_text reply = wf_exchange(wf_string("{\"v\":1,\"do\":\"wait\"}"));
    int64_t id = wf_json_integer(reply, "id");
    if (id == 0) return answer_of(reply);
    early *kept = wf_allocate(sizeof *kept);
    *kept = (early){.next = arrived, .id = id, .reply = reply};
    arrived = kept;
  }
}
