/*
 * What a plugin in C needs of its host: inputs and outputs, host calls and their failures. It needs no C library, and lies in the
 * plugin's own folder, so that nothing has to be fetched. Memory is never given back: an instance lives for one call.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define WF_EXPORT __attribute__((visibility("default"), used))
#else
#define WF_EXPORT
#endif

/* Bytes, as a rule UTF-8, that are not ended by a zero. */
typedef struct {
  const char *bytes;
  size_t length;
} wf_text;

/* How a host call ended. */
typedef enum {
  WF_OK,
  /* It isn't granted: `rule` names the entry that decided, `remedy` says what would help. */
  WF_DENIED,
  /* It was granted and went wrong: `code` says how, as NOT_FOUND or TIMEOUT. */
  WF_ERROR,
  /* It was given up because the step is being cancelled: clean up, and return. */
  WF_CANCELLED,
} wf_outcome;

/* The answer to a host call: `value` (JSON) if it is WF_OK, else the others. */
typedef struct {
  wf_outcome outcome;
  wf_text value;
  wf_text code, message, rule, remedy;
  /* The number of the call. */
  int64_t call;
} wf_answer;

/* A call that was submitted; what it holds is the library's own. */
typedef struct {
  int64_t id;
  wf_answer refused;
} wf_pending;

/* The text of a string literal. */
wf_text wf_string(const char *literal);

/* Both, one after the other. */
wf_text wf_join(wf_text first, wf_text second);

/* Whether both are the same bytes. */
bool wf_equal(wf_text left, wf_text right);

/* Memory for the rest of the call; ends the module where there is none left. */
void *wf_allocate(size_t length);

/* The inputs: the text of a JSON object. */
wf_text wf_inputs(void);

/* Ends the run with outputs, the text of a JSON object: `return wf_output(wf_done(&outputs))`. */
int wf_output(wf_text json);

/* Ends the run with an error: `return wf_fail(wf_string("message"))`. */
int wf_fail(wf_text message);

/* The same, with outputs (JSON) that steps which run after a failure can read, and what to do about it; each may be empty. */
int wf_fail_with(wf_text message, wf_text outputs, wf_text remedy);

/* Ends the run with the failure of a host call: `return wf_end(answer)`. Where the call was denied, the step counts as denied. */
int wf_end(wf_answer answer);

/* Makes a host call and waits for its answer. `args` is the text of a JSON object. */
wf_answer wf_call(const char *capability, const char *operation, wf_text args);

/* Starts a host call and doesn't wait: several that are submitted run at the same time. */
wf_pending wf_submit(const char *capability, const char *operation, wf_text args);

/* Makes a host call whose answer nobody waits for, as of a line of the log. */
void wf_post(const char *capability, const char *operation, wf_text args);

/* Blocks until the call is answered; once for each call. Answers to others that come first are kept for them. */
wf_answer wf_wait(wf_pending pending);

/* --- Reading JSON. What isn't there, or is of another type, gives a stand-in: an empty text, 0, false. --- */

/* The JSON of a member; empty where there is none. */
wf_text wf_json_get(wf_text json, const char *key);

/* A member that is text, with its escapes undone. */
wf_text wf_json_text(wf_text json, const char *key);

/* A member that is a whole number; digits behind a point are dropped. */
int64_t wf_json_integer(wf_text json, const char *key);

/* A member that is true. */
bool wf_json_flag(wf_text json, const char *key);

/* The JSON of an item of a list; empty behind the last one. */
wf_text wf_json_item(wf_text json, size_t index);

/* The text that a JSON value is, with its escapes undone; empty where it is none. */
wf_text wf_json_as_text(wf_text json);

/* --- Writing JSON. --- */

/* An object or a list that is being written. */
typedef struct {
  char *bytes;
  size_t length, room;
  char end;
} wf_writer;

/* Begins an object. */
wf_writer wf_object(void);

/* Begins a list; its items have no key: NULL. */
wf_writer wf_list(void);

/* Adds a text. */
void wf_put_text(wf_writer *to, const char *key, wf_text text);

/* Adds a whole number. */
void wf_put_integer(wf_writer *to, const char *key, int64_t number);

/* Adds true or false. */
void wf_put_flag(wf_writer *to, const char *key, bool flag);

/* Adds a value that is JSON already. */
void wf_put_json(wf_writer *to, const char *key, wf_text json);

/* Ends it; gives its text. */
wf_text wf_done(wf_writer *writer);

/* A list of texts, as JSON, of strings behind the last of which NULL stands. */
wf_text wf_texts(const char *const *strings);

/* The same, of literals: `.command = WF_TEXTS("make", "all")`. */
#define WF_TEXTS(...) wf_texts((const char *const[]){__VA_ARGS__, NULL})

/* --- The host. Each of these but the first five needs an entry in plugin.yaml's permissions. --- */

/* Writes a line to the step's log. */
void wf_log(wf_text text);

/* Milliseconds since the epoch, by the agent's clock. A module has no other. */
wf_answer wf_clock_now(void);

/* Waits, at most a day; WF_CANCELLED ends it where the step is cancelled. */
wf_answer wf_sleep(int64_t milliseconds);

/* Whether the step is being cancelled. */
bool wf_is_cancelled(void);

/* Which step this is: `run`, `run_attempt`, `job`, `step`, `attempt`, `workflow`. */
wf_answer wf_step_info(void);

/* A random UUID (version 4). */
wf_answer wf_random_uuid(void);

/* Random bytes as base64, at most 65536 of them. */
wf_answer wf_random_base64(int64_t length);

/* A file's text: wf_json_as_text(answer.value). */
wf_answer wf_fs_read(wf_text path);

/* Writes a text file, and its parent folders; what was there is replaced at once. */
wf_answer wf_fs_write(wf_text path, wf_text content);

/* What is in a folder: a list of `name`, `type` (file, directory, symlink, other) and `bytes`. */
wf_answer wf_fs_list(wf_text path);

/* What a path is: `type`, `bytes`, `modified_ms`; null where nothing is there. */
wf_answer wf_fs_stat(wf_text path);

/* Makes a folder, and its parents. */
wf_answer wf_fs_mkdir(wf_text path);

/* Removes a file, or a folder with all that is in it. */
wf_answer wf_fs_remove(wf_text path);

/* Copies a file or a folder. */
wf_answer wf_fs_copy(wf_text from, wf_text to);

/* Moves a file or a folder. */
wf_answer wf_fs_move(wf_text from, wf_text to);

/* A file's SHA-256 in lower-case hex, as JSON text. */
wf_answer wf_fs_hash(wf_text path);

/* A list of the files that match, sorted. */
wf_answer wf_fs_glob(wf_text pattern);

/* Makes an archive of a folder; the name of `to` says which (.tar, .tar.gz, .tar.zst). Gives `bytes`, `entries`, `sha256`. */
wf_answer wf_fs_pack(wf_text from, wf_text to);

/* Unpacks an archive into a folder: all of it, or nothing. Gives `bytes` and `entries`. */
wf_answer wf_fs_unpack(wf_text from, wf_text to);

/* One HTTP request, with the arguments of net.request; gives `status`, `headers`, `body`... A status that is no success is an answer. */
wf_answer wf_net_request(wf_text request);

/* The answer to GET. */
wf_answer wf_net_get(wf_text url);

/* Runs a program to its end, with the arguments of exec.run; gives `exit_code`, `stdout`... The exit code is an answer. */
wf_answer wf_exec_run(wf_text command);

/* The placeholder of a secret: the agent puts the value in its place where a permission lets it go, and nowhere else. */
wf_answer wf_secrets_get(wf_text name);

/* Sets variables of the job's later steps, an object of texts. */
wf_answer wf_env_set(wf_text variables);

/* Puts folders, a list of texts, before PATH of the job's later steps. */
wf_answer wf_env_add_path(wf_text folders);

/* A value that outlives the run: `value`, `version`, `expires_at`; null where nothing is there. */
wf_answer wf_store_get(wf_text key);

/* Sets a value of at most 64 KiB as JSON; gives its `version`. */
wf_answer wf_store_set(wf_text key, wf_text value);

/* Sets the value only if the one that is there has the expected version; 0 expects none. Gives `swapped` and `version`. */
wf_answer wf_store_compare_and_set(wf_text key, int64_t expected, wf_text value);

/* Whether there was such a value. */
wf_answer wf_store_delete(wf_text key);

/* A page of the keys that begin with a prefix: `keys`, and `cursor` for the next page, null on the last. Empty begins. */
wf_answer wf_store_list(wf_text prefix, wf_text cursor);

#include "services.h"
