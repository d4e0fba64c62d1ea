export default async (_inputs, host) => {
  for (let piece = 0; piece < 20; piece += 1)
    await host.call('fs', 'stat', { path: 'x'.repeat(100_000) }).catch(() => {});
  return { breach: 'two megabytes of arguments' };
};
