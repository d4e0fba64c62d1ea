const swap =
  'end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf d; mkdir d; echo inside > d/canary.txt; rm -rf d; ln -s "$1" d; rm d; done; done';

export default async ({ arena }, host) => {
  const state = { over: false };
  const swapping = host.exec.run({ command: 'sh', args: ['-c', swap, 'sh', arena.outside] }).finally(() => {
    state.over = true;
  });
  const reads = [];
  while (!state.over && reads.length < 15_000) {
    reads.push(await host.fs.read('d/canary.txt').catch((error) => error.code));
    if (reads.length % 50 === 0) await host.sleep(1);
  }
  await swapping;
  return { seen: [...new Set(reads)] };
};
