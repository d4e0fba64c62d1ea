/* More of files and of the store, programs in containers and on other machines, and mail: what their calls take. waterflow.h includes it. */
#pragma once
#include "waterflow.h"

/* Bytes of a file as base64, as JSON text. */
wf_answer wf_fs_read_base64(wf_text path);

/* A file's text; an error where it is longer. */
wf_answer wf_fs_read_at_most(wf_text path, int64_t max_bytes);

/* How a file is written. */
typedef struct wf_fs_writing {
  /* The content is base64. */
  bool base64;
  /* Behind what is there. */
  bool append;
  bool executable;
} wf_fs_writing;

/* Writes a file, as wf_fs_write does. */
wf_answer wf_fs_write_with(wf_text path, wf_text content, wf_fs_writing how);

/* What of a folder goes into an archive, or of an archive is unpacked. What is left out (0) is not sent. */
typedef struct wf_fs_part {
  /* Of an archive that is made: tar, tar.gz or tar.zst; by its name where it is left out. */
  wf_text format;
  /* Lists of patterns of paths in the folder; what lies below an excluded folder is excluded. */
  wf_text include, exclude;
  /* Of an archive that is unpacked: names that fall away at the beginning of each path, and most of all files together. */
  int64_t strip, max_bytes, max_entries;
} wf_fs_part;

/* Makes an archive of a part of a folder, as wf_fs_pack does. */
wf_answer wf_fs_pack_with(wf_text from, wf_text to, wf_fs_part part);

/* Unpacks a part of an archive, as wf_fs_unpack does. */
wf_answer wf_fs_unpack_with(wf_text from, wf_text to, wf_fs_part part);

/* Sets a value that is gone after some milliseconds, as wf_store_set does. */
wf_answer wf_store_set_for(wf_text key, wf_text value, int64_t ttl_ms);

/* Whether there was such a value in the expected version, which is gone then. */
wf_answer wf_store_delete_version(wf_text key, int64_t expected);

/* A folder of the workspace that is to be kept as an archive. What is left out (0) is not sent. */
typedef struct wf_store_folder {
  wf_text from;
  /* Lists of patterns of paths in the folder; what lies below an excluded folder is excluded. */
  wf_text include, exclude;
  /* Leaves what is there under the key as it is. */
  bool keep;
} wf_store_folder;

/* Packs a folder of the workspace and keeps the archive under the key. Gives `saved`, `bytes`, `sha256`, `evicted`... */
wf_answer wf_store_save(wf_text key, wf_store_folder folder);

/* Unpacks what is kept under the key into a folder of the workspace: all of it, or nothing. Gives `found`, and `damaged` or `entries`, `bytes`... */
wf_answer wf_store_load(wf_text key, wf_text to);

/* The archives whose keys begin with a prefix, the newest first: a list of `key`, `bytes`, `sha256`, `created_at`. A limit of 0 is 100. */
wf_answer wf_store_saved(wf_text prefix, int64_t limit);

/* --- Programs in containers and on other machines. What is left out of these structures (0) is not sent. --- */

/* Where a program's input comes from and its output goes: `"capture"`, `"discard"`, or wf_file(...); an input may be a text, too. All JSON. */
typedef struct wf_streams {
  wf_text stdin_from, stdout_to, stderr_to;
  /* Of each captured stream. */
  int64_t max_bytes;
} wf_streams;

/* To the plugin, as the JSON of a stream. */
#define WF_CAPTURE wf_string("\"capture\"")

/* To nowhere, as the JSON of a stream. */
#define WF_DISCARD wf_string("\"discard\"")

/* From or to a file of the workspace, as the JSON of a stream or of a body. */
wf_text wf_file(wf_text path);

/* A text as JSON. */
wf_text wf_json_of(wf_text text);

/* What a container may use. `milli_cpus` are thousandths of a processor. */
typedef struct wf_limits {
  int64_t memory_bytes, milli_cpus, processes;
} wf_limits;

/* Says whether a container is well. `test` is a list in Docker's words: CMD and a program, CMD-SHELL and a line, or NONE. */
typedef struct wf_health_check {
  wf_text test;
  int64_t interval_ms, timeout_ms, start_period_ms, retries;
} wf_health_check;

/* What a container is made from. */
typedef struct wf_container {
  wf_text image;
  /* Lists of texts, in the place of the image's. */
  wf_text command, entrypoint;
  /* An object of texts, which may hold placeholders of granted secrets. */
  wf_text env;
  wf_text workdir, user;
  /* `none` (default), `run` or `bridge`. */
  wf_text network;
  /* A list, whose items wf_mount_folder and wf_mount_volume make. */
  wf_text mounts;
  /* A list of paths, each of which gets an empty folder in memory. */
  wf_text tmpfs;
  /* `write` (default), or `read` where the image's own files may not be changed in this container. */
  wf_text root;
  wf_limits limits;
  /* `missing` (default), `always` or `never`. */
  wf_text pull;
  /* The operation that grants it: `run` (default) or `compose`. */
  wf_text under;
  int64_t timeout_ms;
  /* Left out: as the image has it. */
  wf_health_check health_check;
} wf_container;

/* A folder of the workspace in a container. */
wf_text wf_mount_folder(wf_text path, wf_text target, bool writable);

/* A volume, which lives as long as the run, in a container. */
wf_text wf_mount_volume(wf_text name, wf_text target, bool writable);

/* A program in a container of its own, which is gone when this answers. Gives `exit_code`, `out_of_memory`, `image`, `digests`, `stdout`... */
wf_answer wf_docker_run(wf_container container, wf_streams streams);

/* A container that goes on until it is removed or the run ends; name and `ports`, a list of `container` and `host`, may be empty. Gives `container`, its id. */
wf_answer wf_docker_start(wf_container container, wf_text name, wf_text ports);

/* A program in a container. */
typedef struct wf_program {
  /* A list of texts. */
  wf_text command;
  /* An object of texts. */
  wf_text env;
  wf_text workdir, user;
  int64_t timeout_ms;
  wf_streams streams;
} wf_program;

/* A program in a container that this plugin started. Cancelled or out of time, it takes the container with it. Gives `exit_code`, `stdout`... */
wf_answer wf_docker_exec(wf_text container, wf_program program);

/* What a container has written so far, captured unless the streams say otherwise. `tail` counts lines from the last, 0 for all. */
wf_answer wf_docker_logs(wf_text container, int64_t tail, wf_streams streams);

/* Until a container ends by itself. Gives `exit_code`. */
wf_answer wf_docker_wait(wf_text container, int64_t timeout_ms);

/* How a container is: `status`, `exit_code`, `out_of_memory`, `image`, `health`. `under` may be empty. */
wf_answer wf_docker_status(wf_text container, wf_text under);

/* Ends a container. */
wf_answer wf_docker_remove(wf_text container);

/* Fetches an image. Gives `image`, `digests`, `bytes`. */
wf_answer wf_docker_pull(wf_text image, int64_t timeout_ms);

/* Sends an image to its registry. Gives `image`, `digest`. */
wf_answer wf_docker_push(wf_text image, int64_t timeout_ms);

/* For the pulls and pushes of this run. The password may be a placeholder of a granted secret. */
wf_answer wf_docker_login(wf_text registry, wf_text username, wf_text password);

/* An image that is to be made from a folder of the workspace, by the classic builder. */
typedef struct wf_build {
  wf_text tag;
  /* Default the workspace, and in it `Dockerfile`. */
  wf_text context, dockerfile;
  /* An object of texts. */
  wf_text args;
  /* The stage to build. */
  wf_text target;
  wf_text network;
  /* Memory and processors. */
  wf_limits limits;
  int64_t timeout_ms;
} wf_build;

/* Makes an image. Gives `image`, its id. */
wf_answer wf_docker_build(wf_build build);

/* Makes a volume, as mounting it does. `under` may be empty. */
wf_answer wf_docker_create_volume(wf_text name, wf_text under);

/* Removes a volume. */
wf_answer wf_docker_remove_volume(wf_text name, wf_text under);

/* Where a call of ssh goes, and as whom where the entries leave that open. */
typedef struct wf_ssh_host {
  wf_text host;
  /* Default 22. */
  int64_t port;
  wf_text user;
  /* Placeholders of secrets to log in with, where the entries let them be used. */
  wf_text key, passphrase, password;
  /* Of the whole call; default 60 s, half an hour to move files, none for wf_ssh_exec. */
  int64_t timeout_ms;
} wf_ssh_host;

/* Runs a program on another machine; `args` is a list. Each reaches it as it is: the agent quotes it for a POSIX shell. Gives `exit_code`... */
wf_answer wf_ssh_exec(wf_ssh_host host, wf_text command, wf_text args, wf_streams streams);

/* Which files are moved, and how. */
typedef struct wf_ssh_move {
  wf_text from, to;
  /* Lists of patterns of paths in the folder `from`; what lies below an excluded folder is excluded. */
  wf_text include, exclude;
  /* Goes on with what an earlier call left. */
  bool resume;
  /* Leaves files alone that are there already: `time` or `checksum`. */
  wf_text compare;
  /* A link in a folder: `refuse` (default) or `skip`. */
  wf_text links;
  int64_t max_bytes;
  /* Of an upload: permission bits of every file, and whether each is read back before it gets its name. */
  int64_t mode;
  bool verify;
  /* Of a download: what the file must have. */
  wf_text sha256;
} wf_ssh_move;

/* Moves a file or a folder of the workspace to another machine. Gives `files`, `bytes`, `unchanged`, `sha256`. */
wf_answer wf_ssh_upload(wf_ssh_host host, wf_ssh_move move);

/* Moves a file or a folder of another machine into the workspace. Gives `files`, `bytes`, `unchanged`, `sha256`. */
wf_answer wf_ssh_download(wf_ssh_host host, wf_ssh_move move);

/* What is in a folder of another machine: a list of `name`, `type`, `bytes`, `mode`, `modified_ms`. */
wf_answer wf_ssh_list(wf_ssh_host host, wf_text path);

/* What a path of another machine is: `type`, `bytes`, `mode`, `modified_ms`; null where nothing is there. */
wf_answer wf_ssh_stat(wf_ssh_host host, wf_text path);

/* Makes a folder on another machine. */
wf_answer wf_ssh_mkdir(wf_ssh_host host, wf_text path);

/* Removes a file of another machine, or a folder with all that is in it. */
wf_answer wf_ssh_remove(wf_ssh_host host, wf_text path);

/* Renames what lies on another machine. */
wf_answer wf_ssh_rename(wf_ssh_host host, wf_text from, wf_text to);

/* An address of a mail; the name may be empty. */
wf_text wf_mail_address(wf_text address, wf_text name);

/* A mail, and the server that it goes by. */
typedef struct wf_message {
  wf_text host;
  /* Default 587. */
  int64_t port;
  /* Addresses, which wf_mail_address makes; all but the first and the last are lists of them. */
  wf_text from, to, cc, bcc, reply_to;
  wf_text subject, text, html;
  /* A list of objects with `file`, `name` and `type`. */
  wf_text attachments;
  /* How to log in, where no entry says it; the password is a secret's placeholder. */
  wf_text user, password;
  int64_t timeout_ms;
} wf_message;

/* Sends a message. Gives `message_id`, `accepted`, `rejected`, `bytes`. */
wf_answer wf_mail_send(wf_message message);
