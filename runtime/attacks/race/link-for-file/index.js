const swap =
  'end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do for i in 1 2 3 4 5 6 7 8 9 10; do rm -f f; echo inside > f; rm -f f; ln -s "$1" f; rm -f f; done; done';

export default async ({ arena }, host) => {
  const state = { over: false };
  const swapping = host.exec.run({ command: 'sh', args: ['-c', swap, 'sh', arena.target] }).finally(() => {
    state.over = true;
  });
  for (let write = 0; !state.over && write < 8000; write += 1) {
    await host.fs.write('f', 'written', { append: true }).catch(() => {});
    if (write % 50 === 0) await host.sleep(1);
  }
  await swapping;
  return {};
};
