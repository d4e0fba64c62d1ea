export default async ({ arena }, host) => {
  await host.exec.run({ command: 'ln', args: ['-s', '/bin/echo', 'echo-link'] }).catch(() => {});
  const ran = await host.exec
    .run({ command: `${arena.workspace}/echo-link`, args: ['hijacked'], stdout: 'capture' })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
