/*
 * bin/waterflow of the Linux archive: starts the Node of the archive with the command of the archive, from wherever it was called and
 * through any link. A program of its own, since the machine may have neither a Node nor a shell.
 *
 * As the first process of a container it stays and does what that one has to: passes signals on, and takes in processes that have lost
 * their parent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) {
  fprintf(stderr, "error: %s: %s\n  remedy: Unpack the archive whole, and have /proc mounted.\n", what, strerror(errno));
  return 3;
}

/* The folder of the archive: two above this program. */
static int find_root(char *root) {
  ssize_t length = readlink("/proc/self/exe", root, PATH_MAX - 1);
  if (length < 0) return -1;
  root[length] = '\0';
  for (int level = 0; level < 2; level++) {
    char *slash = strrchr(root, '/');
    if (slash == NULL) return -1;
    *slash = '\0';
  }
  return 0;
}

static char *below(const char *root, const char *path) {
  char *joined;
  if (asprintf(&joined, "%s/%s", root, path) < 0) abort();
  return joined;
}

/* Node needs the C++ library. Nearly every machine has it, and then its own is used: it is the one that is kept up to date. */
static void find_libraries(const char *root) {
  unsetenv("WATERFLOW_NODE_LIBRARIES");
  if (dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL) != NULL) return;
  char *libraries = below(root, "node/lib");
  setenv("WATERFLOW_NODE_LIBRARIES", libraries, 1);
  setenv("LD_LIBRARY_PATH", libraries, 1);
}

static int is_long_lived(const char *command) {
  return strcmp(command, "server") == 0 || strcmp(command, "agent") == 0 || strcmp(command, "dev") == 0;
}

/* As the first process: the command is a child in a process group of its own, so that a terminal's signals reach it once. */
static int stay(char **command) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  pid_t child = fork();
  if (child < 0) return fail("cannot start a process");
  if (child == 0) {
    setpgid(0, 0);
    if (isatty(STDIN_FILENO)) tcsetpgrp(STDIN_FILENO, getpid());
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    execv(command[0], command);
    _exit(fail(command[0]));
  }
  for (;;) {
    int signal;
    if (sigwait(&all, &signal) != 0) continue;
    if (signal != SIGCHLD) {
      kill(child, signal);
      continue;
    }
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != child) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
}

int main(int count, char **arguments) {
  char root[PATH_MAX];
  if (find_root(root) != 0) return fail("cannot find the folder of the archive");
  find_libraries(root);
  char **command = calloc((size_t)count + 3, sizeof(char *));
  if (command == NULL) return fail("cannot start");
  int next = 0;
  command[next++] = below(root, "node/bin/node");
  if (count > 1 && is_long_lived(arguments[1])) {
    /* As app/bin/waterflow has it, which says why; so it needs no process beside its own. */
    command[next++] = "--max-semi-space-size=4";
    setenv("MALLOC_ARENA_MAX", "2", 0);
    setenv("MALLOC_TRIM_THRESHOLD_", "131072", 0);
  }
  command[next++] = below(root, "app/bin/waterflow");
  for (int index = 1; index < count; index++) command[next++] = arguments[index];
  if (getpid() == 1) return stay(command);
  execv(command[0], command);
  return fail(command[0]);
}
