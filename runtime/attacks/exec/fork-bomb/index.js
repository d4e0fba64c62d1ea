const script =
  'i=0; while [ $i -lt 200 ]; do sleep 4 & i=$((i+1)); done; sleep 1; ls -d /proc/[0-9]* | wc -l > count; wait';
export default async (_inputs, host) => {
  await host.exec.run({ command: 'sh', args: ['-c', script] }).catch(() => {});
  const count = Number(await host.fs.read('count').catch(() => '0'));
  return { breach: count > 64 ? count : null };
};
