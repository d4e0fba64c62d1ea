#include "waterflow.h"

/* --- What is left out (0) is not sent. --- */

static void may_text(wf_writer *to, const char *key, wf_text text) {
  if (text.length > 0) wf_put_text(to, key, text);
}

static void may_json(wf_writer *to, const char *key, wf_text json) {
  if (json.length > 0) wf_put_json(to, key, json);
}

static void may_integer(wf_writer *to, const char *key, int64_t number) {
  if (number != 0) wf_put_integer(to, key, number);
}

static void may_flag(wf_writer *to, const char *key, bool flag) {
  if (flag) wf_put_flag(to, key, true);
}

static void may_object(wf_writer *to, const char *key, wf_writer *object) {
  wf_text json = wf_done(object);
  if (json.length > 2) wf_put_json(to, key, json);
}

static wf_writer with(const char *key, wf_text text) {
  wf_writer args = wf_object();
  wf_put_text(&args, key, text);
  return args;
}

static void put_streams(wf_writer *to, wf_streams streams) {
  may_json(to, "stdin", streams.stdin_from);
  may_json(to, "stdout", streams.stdout_to);
  may_json(to, "stderr", streams.stderr_to);
  may_integer(to, "max_bytes", streams.max_bytes);
}

static wf_answer docker(const char *operation, wf_writer *args) { return wf_call("docker", operation, wf_done(args)); }

static wf_answer ssh(const char *operation, wf_writer *args) { return wf_call("ssh", operation, wf_done(args)); }

/* --- Files. --- */

wf_answer wf_fs_read_base64(wf_text path) {
  wf_writer args = with("path", path);
  wf_put_text(&args, "encoding", wf_string("base64"));
  return wf_call("fs", "read", wf_done(&args));
}

wf_answer wf_fs_read_at_most(wf_text path, int64_t max_bytes) {
  wf_writer args = with("path", path);
  wf_put_integer(&args, "max_bytes", max_bytes);
  return wf_call("fs", "read", wf_done(&args));
}

wf_answer wf_fs_write_with(wf_text path, wf_text content, wf_fs_writing how) {
  wf_writer args = with("path", path);
  wf_put_text(&args, "content", content);
  if (how.base64) wf_put_text(&args, "encoding", wf_string("base64"));
  may_flag(&args, "append", how.append);
  may_flag(&args, "executable", how.executable);
  return wf_call("fs", "write", wf_done(&args));
}

static wf_answer archive(const char *operation, wf_text from, wf_text to, wf_fs_part part) {
  wf_writer args = with("from", from);
  wf_put_text(&args, "to", to);
  may_text(&args, "format", part.format);
  may_json(&args, "include", part.include);
  may_json(&args, "exclude", part.exclude);
  may_integer(&args, "strip", part.strip);
  may_integer(&args, "max_bytes", part.max_bytes);
  may_integer(&args, "max_entries", part.max_entries);
  return wf_call("fs", operation, wf_done(&args));
}

wf_answer wf_fs_pack_with(wf_text from, wf_text to, wf_fs_part part) { return archive("pack", from, to, part); }

wf_answer wf_fs_unpack_with(wf_text from, wf_text to, wf_fs_part part) { return archive("unpack", from, to, part); }

/* --- Docker. --- */

static wf_text mount(const char *key, wf_text source, wf_text target, bool writable) {
  wf_writer mount = with(key, source);
  wf_put_text(&mount, "target", target);
  if (writable) wf_put_text(&mount, "access", wf_string("write"));
  return wf_done(&mount);
}

wf_text wf_mount_folder(wf_text path, wf_text target, bool writable) { return mount("path", path, target, writable); }

wf_text wf_mount_volume(wf_text name, wf_text target, bool writable) { return mount("volume", name, target, writable); }

static void put_limits(wf_writer *to, wf_limits limits) {
  wf_writer object = wf_object();
  may_integer(&object, "memory_bytes", limits.memory_bytes);
  if (limits.milli_cpus > 0) {
    char thousandths[] = {'.', (char)('0' + limits.milli_cpus / 100 % 10), (char)('0' + limits.milli_cpus / 10 % 10),
                          (char)('0' + limits.milli_cpus % 10)};
    wf_writer whole = wf_list();
    wf_put_integer(&whole, NULL, limits.milli_cpus / 1000);
    wf_text digits = wf_json_item(wf_done(&whole), 0);
    wf_put_json(&object, "cpus", wf_join(digits, (wf_text){thousandths, sizeof thousandths}));
  }
  may_integer(&object, "processes", limits.processes);
  may_object(to, "limits", &object);
}

static wf_writer container_args(wf_container container) {
  wf_writer args = with("image", container.image), health = wf_object();
  may_json(&args, "command", container.command);
  may_json(&args, "entrypoint", container.entrypoint);
  may_json(&args, "env", container.env);
  may_text(&args, "workdir", container.workdir);
  may_text(&args, "user", container.user);
  may_text(&args, "network", container.network);
  may_json(&args, "mounts", container.mounts);
  may_json(&args, "tmpfs", container.tmpfs);
  may_text(&args, "root", container.root);
  put_limits(&args, container.limits);
  may_text(&args, "pull", container.pull);
  may_text(&args, "under", container.under);
  may_integer(&args, "timeout_ms", container.timeout_ms);
  may_json(&health, "test", container.health_check.test);
  may_integer(&health, "interval_ms", container.health_check.interval_ms);
  may_integer(&health, "timeout_ms", container.health_check.timeout_ms);
  may_integer(&health, "start_period_ms", container.health_check.start_period_ms);
  may_integer(&health, "retries", container.health_check.retries);
  may_object(&args, "healthcheck", &health);
  return args;
}

wf_answer wf_docker_run(wf_container container, wf_streams streams) {
  wf_writer args = container_args(container);
  put_streams(&args, streams);
  return docker("run", &args);
}

wf_answer wf_docker_start(wf_container container, wf_text name, wf_text ports) {
  wf_writer args = container_args(container);
  may_text(&args, "name", name);
  may_json(&args, "ports", ports);
  return docker("start", &args);
}

wf_answer wf_docker_exec(wf_text container, wf_program program) {
  wf_writer args = with("container", container);
  wf_put_json(&args, "command", program.command);
  may_json(&args, "env", program.env);
  may_text(&args, "workdir", program.workdir);
  may_text(&args, "user", program.user);
  may_integer(&args, "timeout_ms", program.timeout_ms);
  put_streams(&args, program.streams);
  return docker("exec", &args);
}

wf_answer wf_docker_logs(wf_text container, int64_t tail, wf_streams streams) {
  wf_writer args = with("container", container);
  may_integer(&args, "tail", tail);
  put_streams(&args, streams);
  return docker("logs", &args);
}

static wf_answer in_time(const char *operation, const char *key, wf_text name, int64_t timeout_ms) {
  wf_writer args = with(key, name);
  may_integer(&args, "timeout_ms", timeout_ms);
  return docker(operation, &args);
}

wf_answer wf_docker_wait(wf_text container, int64_t timeout_ms) {
  return in_time("wait", "container", container, timeout_ms);
}

static wf_answer granted_by(const char *operation, const char *key, wf_text name, wf_text under) {
  wf_writer args = with(key, name);
  may_text(&args, "under", under);
  return docker(operation, &args);
}

wf_answer wf_docker_status(wf_text container, wf_text under) {
  return granted_by("status", "container", container, under);
}

wf_answer wf_docker_remove(wf_text container) {
  wf_writer args = with("container", container);
  return docker("remove", &args);
}

wf_answer wf_docker_pull(wf_text image, int64_t timeout_ms) { return in_time("pull", "image", image, timeout_ms); }

wf_answer wf_docker_push(wf_text image, int64_t timeout_ms) { return in_time("push", "image", image, timeout_ms); }

wf_answer wf_docker_login(wf_text registry, wf_text username, wf_text password) {
  wf_writer args = with("registry", registry);
  wf_put_text(&args, "username", username);
  wf_put_text(&args, "password", password);
  return docker("login", &args);
}

wf_answer wf_docker_build(wf_build build) {
  wf_writer args = with("tag", build.tag);
  may_text(&args, "context", build.context);
  may_text(&args, "dockerfile", build.dockerfile);
  may_json(&args, "args", build.args);
  may_text(&args, "target", build.target);
  may_text(&args, "network", build.network);
  put_limits(&args, build.limits);
  may_integer(&args, "timeout_ms", build.timeout_ms);
  return docker("build", &args);
}

wf_answer wf_docker_create_volume(wf_text name, wf_text under) {
  return granted_by("create_volume", "name", name, under);
}

wf_answer wf_docker_remove_volume(wf_text name, wf_text under) {
  return granted_by("remove_volume", "name", name, under);
}

/* --- Other machines. --- */

static wf_writer at(wf_ssh_host host) {
  wf_writer args = with("host", host.host);
  may_integer(&args, "port", host.port);
  may_text(&args, "user", host.user);
  may_text(&args, "key", host.key);
  may_text(&args, "passphrase", host.passphrase);
  may_text(&args, "password", host.password);
  may_integer(&args, "timeout_ms", host.timeout_ms);
  return args;
}

wf_answer wf_ssh_exec(wf_ssh_host host, wf_text command, wf_text args, wf_streams streams) {
  wf_writer call = at(host);
  wf_put_text(&call, "command", command);
  may_json(&call, "args", args);
  put_streams(&call, streams);
  return ssh("exec", &call);
}

static wf_answer move_files(const char *operation, wf_ssh_host host, wf_ssh_move move) {
  wf_writer args = at(host);
  wf_put_text(&args, "from", move.from);
  wf_put_text(&args, "to", move.to);
  may_json(&args, "include", move.include);
  may_json(&args, "exclude", move.exclude);
  may_flag(&args, "resume", move.resume);
  may_text(&args, "compare", move.compare);
  may_text(&args, "links", move.links);
  may_integer(&args, "max_bytes", move.max_bytes);
  may_integer(&args, "mode", move.mode);
  may_flag(&args, "verify", move.verify);
  may_text(&args, "sha256", move.sha256);
  return ssh(operation, &args);
}

wf_answer wf_ssh_upload(wf_ssh_host host, wf_ssh_move move) { return move_files("upload", host, move); }

wf_answer wf_ssh_download(wf_ssh_host host, wf_ssh_move move) { return move_files("download", host, move); }

static wf_answer on_path(const char *operation, wf_ssh_host host, wf_text path) {
  wf_writer args = at(host);
  wf_put_text(&args, "path", path);
  return ssh(operation, &args);
}

wf_answer wf_ssh_list(wf_ssh_host host, wf_text path) { return on_path("list", host, path); }

wf_answer wf_ssh_stat(wf_ssh_host host, wf_text path) { return on_path("stat", host, path); }

wf_answer wf_ssh_mkdir(wf_ssh_host host, wf_text path) { return on_path("mkdir", host, path); }

wf_answer wf_ssh_remove(wf_ssh_host host, wf_text path) { return on_path("remove", host, path); }

wf_answer wf_ssh_rename(wf_ssh_host host, wf_text from, wf_text to) {
  wf_writer args = at(host);
  wf_put_text(&args, "from", from);
  wf_put_text(&args, "to", to);
  return ssh("rename", &args);
}

/* --- Mail. --- */

wf_text wf_mail_address(wf_text address, wf_text name) {
  wf_writer object = with("address", address);
  may_text(&object, "name", name);
  return wf_done(&object);
}

wf_answer wf_mail_send(wf_message message) {
  wf_writer args = with("host", message.host), login = wf_object();
  may_integer(&args, "port", message.port);
  may_json(&args, "from", message.from);
  may_json(&args, "to", message.to);
  may_json(&args, "cc", message.cc);
  may_json(&args, "bcc", message.bcc);
  may_json(&args, "reply_to", message.reply_to);
  wf_put_text(&args, "subject", message.subject);
  may_text(&args, "text", message.text);
  may_text(&args, "html", message.html);
  may_json(&args, "attachments", message.attachments);
  may_text(&login, "user", message.user);
  may_text(&login, "password", message.password);
  may_object(&args, "login", &login);
  may_integer(&args, "timeout_ms", message.timeout_ms);
  return wf_call("mail", "send", wf_done(&args));
}

/* --- The store. --- */

wf_answer wf_store_set_for(wf_text key, wf_text value, int64_t ttl_ms) {
  wf_writer args = with("key", key);
  wf_put_json(&args, "value", value);
  wf_put_integer(&args, "ttl_ms", ttl_ms);
  return wf_call("store", "set", wf_done(&args));
}

wf_answer wf_store_delete_version(wf_text key, int64_t expected) {
  wf_writer args = with("key", key);
  wf_put_integer(&args, "expected", expected);
  return wf_call("store", "delete", wf_done(&args));
}

wf_answer wf_store_save(wf_text key, wf_store_folder folder) {
  wf_writer args = with("key", key);
  wf_put_text(&args, "from", folder.from);
  may_json(&args, "include", folder.include);
  may_json(&args, "exclude", folder.exclude);
  if (folder.keep) wf_put_flag(&args, "replace", false);
  return wf_call("store", "save", wf_done(&args));
}

wf_answer wf_store_load(wf_text key, wf_text to) {
  wf_writer args = with("key", key);
  wf_put_text(&args, "to", to);
  return wf_call("store", "load", wf_done(&args));
}

wf_answer wf_store_saved(wf_text prefix, int64_t limit) {
  wf_writer args = with("prefix", prefix);
  may_integer(&args, "limit", limit);
  return wf_call("store", "saved", wf_done(&args));
}
