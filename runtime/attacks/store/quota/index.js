export default async (_inputs, host) => {
  const set = (key, value) =>
    host.call('store', 'set', { key, value }).then(
      () => 1,
      () => 0,
    );
  let large = 0;
  for (let index = 0; index < 8; index += 1) large += await set(`a/large-${index}`, 'x'.repeat(30_000));
  for (let index = 0; index < 8; index += 1)
    await host.call('store', 'delete', { key: `a/large-${index}` }).catch(() => {});
  let many = 0;
  for (let index = 0; index < 60; index += 1) many += await set(`a/${index}`, index);
  const grown = (await set('a/0', 'x'.repeat(60_000))) + (await set('a/1', 'x'.repeat(60_000)));
  const huge = await set('a/2', 'x'.repeat(200_000));
  return { breach: large > 2 || many > 20 || grown > 1 || huge > 0 ? { large, many, grown, huge } : null };
};
