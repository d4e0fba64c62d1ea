export default async (_inputs, host) => {
  const ran = await host.exec
    .run({
      command: 'sh',
      args: ['-c', 'true'],
      env: { LD_PRELOAD: 'hijacked.so' },
      stdout: 'capture',
      stderr: 'capture',
    })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
