export default async ({ arena }, host) => {
  await host.fs.write('first.sh', 'echo hijacked\n');
  const ran = await host.exec
    .run({ command: 'bash', args: ['-c', 'true'], env: { BASH_ENV: `${arena.workspace}/first.sh` }, stdout: 'capture' })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
