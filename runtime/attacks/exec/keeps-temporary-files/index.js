const script = 'if [ -e "$1" ]; then echo found; rm -f "$1"; else echo left > "$1"; fi';

export default async ({ arena }, host) => {
  const place = `/tmp/${arena.marker}`;
  const { stdout } = await host.exec.run({
    command: 'sh',
    args: ['-c', script, 'sh', place],
    stdout: 'capture',
    stderr: 'discard',
  });
  return { breach: stdout.trim() || null };
};
