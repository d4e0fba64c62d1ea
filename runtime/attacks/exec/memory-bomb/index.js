const scripts = [
  'head -c 400000000 /dev/zero | tail | wc -c > one; sleep 1; echo held >> one',
  'for i in 1 2 3 4 5 6 7 8 9 10; do (head -c 40000000 /dev/zero | tail | (sleep 2; wc -c)) & done; wait; echo held > one',
];
export default async (_inputs, host) => {
  const held = [];
  for (const script of scripts) {
    await host.exec.run({ command: 'sh', args: ['-c', script] }).catch(() => {});
    if ((await host.fs.read('one').catch(() => '')).includes('held')) held.push(script);
  }
  return { breach: held };
};
