export default async (_inputs, host) => {
  for (const more of [{}, { max_bytes: 1024 ** 4 }])
    await host.call('fs', 'unpack', { from: 'bomb.tar.gz', to: 'out', ...more }).catch(() => {});
  const bytes = (await host.fs.stat('out/zeros').catch(() => null))?.bytes ?? 0;
  return { breach: bytes > 4 * 1024 * 1024 ? bytes : null };
};
