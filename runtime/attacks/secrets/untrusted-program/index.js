export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  await host.exec.run({ command: 'sh', args: ['-c', 'printf %s "$T" > told.txt'], env: { T: secret } }).catch(() => {});
  return {};
};
