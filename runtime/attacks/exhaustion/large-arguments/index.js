export default async (_inputs, host) => {
  const text = 'x'.repeat(7 << 20);
  const calls = [];
  for (let index = 0; index < 200; index += 1)
    calls.push(host.call('sleep', 'for', { ms: 60_000, text }).catch(() => null));
  await Promise.all(calls);
  await new Promise(() => {});
};
