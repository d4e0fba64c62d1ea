export default async (_inputs, host) => {
  for (let index = 0; index < 200; index += 1)
    await host.call('x'.repeat(100_000), 'y'.repeat(100_000), {}).catch(() => {});
  return {};
};
