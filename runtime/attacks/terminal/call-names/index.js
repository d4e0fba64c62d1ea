const names = [
  'x\n\u001b[2J\u001b[H\u001b[32m✓ nothing was refused\u001b[0m',
  'x\u001b]0;owned\u0007\u001b[8m',
  'x\r\u009b31m',
  'x\u202e\u2028',
  'x\u001b[8m'.repeat(10_000),
];

export default async (_inputs, host) => {
  for (const name of names) {
    await host.call(name, 'y', {}).catch(() => {});
    await host.call('fs', name, {}).catch(() => {});
  }
  throw new Error(names.slice(0, 2).join(' '));
};
