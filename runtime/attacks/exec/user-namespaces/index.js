const script = 'unshare --user true && echo unshared';

export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({ command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
