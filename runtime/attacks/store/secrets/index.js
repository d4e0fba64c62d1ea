export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  if (arena.round === 1) await host.call('store', 'set', { key: 'kept', value: { secret } });
  return { kept: await host.call('store', 'get', { key: 'kept' }) };
};
