const keys = [
  'theirs',
  'mine',
  'mineX',
  'mine/../theirs',
  'MINE/x',
  '../theirs',
  '*',
  'min',
  '',
  'mine\u0000',
  ' mine/x',
  '%6dine/x',
  '__proto__',
  'constructor',
];
export default async (_inputs, host) => {
  const got = [];
  const tried = async (what, operation, args) => {
    const answer = await host.call('store', operation, args).catch(() => undefined);
    if (answer !== undefined) got.push(what);
  };
  for (const key of keys) {
    // The name of a part is no way up in a key: what begins with the prefix is granted.
    if (key.startsWith('mine/')) continue;
    await tried(`get ${key}`, 'get', { key });
    await tried(`set ${key}`, 'set', { key, value: 1 });
    await tried(`compare ${key}`, 'compare_and_set', { key, expected: null, value: 1 });
    await tried(`delete ${key}`, 'delete', { key });
  }
  for (const args of [
    {},
    { prefix: '' },
    { prefix: 'm' },
    { prefix: 'mine' },
    { prefix: 'theirs' },
    { cursor: 'mine/x' },
  ]) {
    await tried(`list ${JSON.stringify(args)}`, 'list', args);
  }
  return { breach: got };
};
