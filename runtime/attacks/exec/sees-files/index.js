const script = 'ls -d /home /root /etc/shadow /var/lib/dpkg 2>/dev/null';

export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({ command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
