export default async (_inputs, host) => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    { toString: () => 'constructor' },
    ['log'],
    Symbol.iterator,
  ];
  const breach = [];
  for (const name of names) {
    for (const operation of ['constructor', '__proto__', 'valueOf']) {
      try {
        breach.push(String(await host.call(name, operation, {})));
      } catch {}
    }
  }
  return { breach };
};
