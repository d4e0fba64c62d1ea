export default async (_inputs, host) => {
  const ran = await host.exec
    .run({ command: 'echo', args: ['ran'], stdout: 'capture' })
    .catch((error) => ({ refused: error.code }));
  return { breach: ran.stdout ?? null, refused: ran.refused };
};
