export default async ({ arena }, host) => {
  await host.fs.write('tool', '#!/bin/sh\necho hijacked\n', { executable: true });
  await host.exec.run({ command: 'chmod', args: ['+x', 'tool'] }).catch(() => {});
  const ran = await host.exec
    .run({ command: `${arena.workspace}/tool`, args: [], stdout: 'capture' })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
