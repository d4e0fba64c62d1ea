const script = 'ls /proc | grep -E "^[0-9]+$" | wc -l | awk \'$1 > 12 { print $1 }\'';

export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({ command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
