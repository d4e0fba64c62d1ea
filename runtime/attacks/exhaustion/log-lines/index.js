export default async (_inputs, host) => {
  for (let line = 0; line < 5000; line += 1) await host.call('log', 'write', { text: `line ${line}` }).catch(() => {});
  return { breach: 'five thousand lines' };
};
