export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  const { stdout } = await host.exec
    .run({ command: 'echo', args: [secret], stdout: 'capture' })
    .catch((error) => ({ stdout: error.message }));
  return { stdout };
};
