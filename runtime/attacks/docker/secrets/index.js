export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  const container = {
    image: arena.image,
    command: ['sh', '-c', 'env; cat; echo "$0"', secret],
    stdout: 'log',
    pull: 'never',
  };
  await host.call('docker', 'run', { ...container, stdin: 'x' }).catch(() => {});
  await host.call('docker', 'run', { ...container, env: { T: secret } }).catch(() => {});
  await host.call('docker', 'run', { ...container, stdin: secret }).catch(() => {});
  await host.fs.write('c/Dockerfile', `FROM ${arena.image}\nARG T\nRUN echo "$T" | rev\n`);
  await host
    .call('docker', 'build', { context: 'c', tag: `waterflow.test/${arena.marker}:s`, args: { T: secret } })
    .catch(() => {});
  return {};
};
