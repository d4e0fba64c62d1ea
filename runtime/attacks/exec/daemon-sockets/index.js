const script = 'ls -d /var/run/docker.sock /run/docker.sock /run/dbus /tmp/.X11-unix /run/systemd /var/run 2>/dev/null';

export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({ command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'discard' });
  return { breach: stdout.trim() || null };
};
