export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  await host.net.request({ url: `${arena.origin}/`, headers: { 'X-Token': secret, Accept: secret } }).catch(() => {});
  return {};
};
