export default async (_inputs, host) => {
  const script = 'trap "" INT TERM HUP; i=0; while [ $i -lt 40 ]; do sleep 0.5; i=$((i+1)); done; echo went on > on';
  await host.exec.run({ command: 'sh', args: ['-c', script], timeout_ms: 3_600_000 }).catch(() => {});
  return { breach: (await host.fs.read('on').catch(() => '')) || null };
};
