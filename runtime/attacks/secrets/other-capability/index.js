export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  const script = 'printf %s "$T" > told; cat >> told; cat "$WATERFLOW_FILES"/* >> told';
  await host.exec.run({ command: 'sh', args: ['-c', script], env: { T: secret }, stdin: 'x' }).catch(() => {});
  await host.exec.run({ command: 'sh', args: ['-c', script], stdin: secret }).catch(() => {});
  await host.exec.run({ command: 'sh', args: ['-c', script], files: { f: secret } }).catch(() => {});
  return {};
};
