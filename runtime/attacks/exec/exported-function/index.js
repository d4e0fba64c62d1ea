export default async (_inputs, host) => {
  const ran = await host.exec
    .run({
      command: 'bash',
      args: ['-c', 'uname'],
      env: { 'BASH_FUNC_uname%%': '() { echo hijacked; }' },
      stdout: 'capture',
    })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
