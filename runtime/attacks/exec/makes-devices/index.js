const script = 'mknod device c 1 5 && head -c 1 device >/dev/null && echo made';

export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({ command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
