"""Runs a command on a pseudo-terminal: pseudo-terminal.py ROWS COLUMNS [--wait] COMMAND...

What the terminal shows goes to stdout, what comes from stdin is typed, and the exit code is the command's. With --wait nothing is
read from the terminal until SIGUSR1 comes, as on one that was stopped with Ctrl-S.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
wait = sys.argv[3] == '--wait'
command = sys.argv[4:] if wait else sys.argv[3:]
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

pid, terminal = pty.fork()
if pid == 0:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execvp(command[0], command)

if wait:
    signal.sigwait({signal.SIGUSR1})
inputs = [terminal, 0]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed:
            os.write(terminal, typed)
        else:
            inputs.remove(0)
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break  # EIO: nobody has the terminal open any more.
        if not shown:
            break
        sys.stdout.buffer.write(shown)
        sys.stdout.buffer.flush()
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
