export default async (_inputs, host) => {
  const command = { command: 'echo', args: ['fine', 'injected'], stdout: 'capture', stderr: 'capture' };
  const ran = await host.exec.run(command).catch((error) => ({ stdout: '', refused: error.code }));
  return { breach: /injected/.test(ran.stdout) ? ran.stdout : null, refused: ran.refused };
};
