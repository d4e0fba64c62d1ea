export default async ({ arena }, host) => {
  const got = [];
  const container = { image: arena.image, stdout: 'capture', stderr: 'discard', pull: 'never' };
  for (const more of [
    {},
    { limits: { memory_bytes: 1024 ** 3 } },
    { limits: { processes: 1000 } },
    { limits: { memory_bytes: 0, processes: 0 } },
    { limits: { memory_bytes: -1, processes: -1 } },
  ]) {
    const memory = await host
      .call('docker', 'run', {
        ...container,
        ...more,
        command: ['sh', '-c', 'head -c 300000000 /dev/zero | tail > /dev/null; echo "ended $?"'],
      })
      .catch(() => ({}));
    if (memory.stdout === 'ended 0\n') got.push([more, 'memory']);
    const many = 'i=0; while [ $i -lt 100 ]; do sleep 2 & i=$((i+1)); done; ls -d /proc/[0-9]* | wc -l';
    const processes = await host
      .call('docker', 'run', { ...container, ...more, command: ['sh', '-c', many] })
      .catch(() => ({}));
    if (Number(processes.stdout ?? 0) > 50) got.push([more, 'processes']);
  }
  return { breach: got };
};
