const looking =
  'for s in /run/docker.sock /var/run/docker.sock $(find / -xdev -name "*.sock" 2>/dev/null) $(ls -d /proc/[0-9]*/root/run/*/docker.sock 2>/dev/null); do curl -s -m 3 --unix-socket $s http://d/_ping; done';
export default async (_inputs, host) => {
  const has = host.exec.run({ command: 'bash', args: ['-c', 'sleep 4'], docker: true }).catch((error) => error.code);
  await host.sleep(1500);
  const { stdout = '' } = await host.exec
    .run({ command: 'bash', args: ['-c', looking], stdout: 'capture' })
    .catch(() => ({}));
  return { breach: stdout.includes('OK') ? stdout : null, has: await has };
};
