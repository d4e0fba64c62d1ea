export default async (_inputs, host) => {
  for (let index = 0; index < 12; index += 1)
    await host.call('fs', 'write', { path: 'x'.repeat(4 << 20), content: 'y' }).catch(() => {});
  return {};
};
