export default async ({ arena }, host) => {
  const at = { host: '127.0.0.1', port: arena.stranger_port };
  await host.call('ssh', 'download', { ...at, from: '/granted/huge.bin', to: 'huge' }).catch(() => {});
  await host.call('ssh', 'download', { ...at, from: '/granted/endless.bin', to: 'endless' }).catch(() => {});
  const there = await host.fs.list('.').catch(() => []);
  const sizes = [];
  for (const { name } of there) sizes.push((await host.fs.stat(name).catch(() => null))?.bytes ?? 0);
  return { breach: sizes.some((bytes) => bytes > 1024 * 1024) ? sizes : null };
};
