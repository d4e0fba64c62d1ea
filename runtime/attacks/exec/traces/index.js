// PTRACE_ATTACH, by its number on x64.
const script = 'print "attached" if syscall(101, 16, $ARGV[0] + 0, 0, 0) == 0';

export default async ({ arena }, host) => {
  const args = ['-e', script, `${arena.pid}`];
  const { stdout } = await host.exec.run({ command: 'perl', args, stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
