const names = [
  'allowed/../other',
  'allowed/./../other',
  'allowed\\..\\..\\other',
  'ALLOWED/other',
  'allowed\u0000/../other',
  'allowed\ud800',
  'other/',
  './other',
  'allowed//../other',
];

export default async (_inputs, host) => {
  for (const name of names) await host.fs.write(name, 'x').catch(() => {});
  const found = await host.fs.list('.').catch(() => []);
  const texts = found.map((entry) => entry.name ?? entry);
  return { breach: texts.filter((name) => name !== 'allowed') };
};
