export default async ({ arena }, host) => {
  await host.fs.write('bin/uname', '#!/bin/sh\necho hijacked\n', { executable: true });
  const ran = await host.exec
    .run({
      command: 'sh',
      args: ['-c', 'chmod +x bin/uname 2>/dev/null; uname'],
      env: { PATH: `${arena.workspace}/bin:/usr/bin:/bin` },
      stdout: 'capture',
    })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
