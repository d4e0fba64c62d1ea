/*
 * What would make wasi-libc import WASI: a clock, a way to end, and file descriptors for stdio, which is linked and never used.
 * With these defined here, the linked module imports nothing but what shim.c declares.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <wasi/api.h>

/* The prelude asks the host for the time; what the engine itself reads is a seed that is never used. */
int clock_gettime(clockid_t id, struct timespec *time)
{
    (void)id;
    time->tv_sec = 0;
    time->tv_nsec = 0;
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    (void)zone;
    time->tv_sec = 0;
    time->tv_usec = 0;
    return 0;
}

_Noreturn void abort(void)
{
    __builtin_trap();
}

_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function)
{
    (void)expression;
    (void)file;
    (void)line;
    (void)function;
    __builtin_trap();
}

__wasi_errno_t __wasi_fd_close(__wasi_fd_t fd)
{
    (void)fd;
    return __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_fdstat_get(__wasi_fd_t fd, __wasi_fdstat_t *state)
{
    (void)fd;
    (void)state;
    return __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence, __wasi_filesize_t *position)
{
    (void)fd;
    (void)offset;
    (void)whence;
    (void)position;
    return __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *vectors, size_t count, __wasi_size_t *written)
{
    (void)fd;
    (void)vectors;
    (void)count;
    (void)written;
    return __WASI_ERRNO_BADF;
}
