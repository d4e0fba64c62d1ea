export default async (_inputs, host) => {
  const ran = await host.exec
    .run({
      command: 'sh',
      args: ['-c', 'echo "$GLIBC_TUNABLES" | sed s/glibc/hijacked/'],
      env: { GLIBC_TUNABLES: 'glibc.malloc.check=1' },
      stdout: 'capture',
    })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
