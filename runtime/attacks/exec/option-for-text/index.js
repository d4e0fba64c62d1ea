export default async (_inputs, host) => {
  const command = {
    command: 'tar',
    args: ['-cf', '/dev/null', '--checkpoint=1', '--checkpoint-action=exec=echo injected', '/etc/hostname'],
    stdout: 'capture',
    stderr: 'capture',
  };
  const ran = await host.exec.run(command).catch((error) => ({ stdout: '', refused: error.code }));
  return { breach: /injected/.test(ran.stdout) ? ran.stdout : null, refused: ran.refused };
};
