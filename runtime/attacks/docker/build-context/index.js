export default async ({ arena }, host) => {
  const text = `FROM ${arena.image}\nCOPY . /c\nRUN find /c -type f -exec cat {} ';'; cat /c/canary.txt /c/link/canary.txt; true\n`;
  await host.fs.write('Dockerfile', text);
  await host.fs.write('sub/Dockerfile', text);
  const tag = `waterflow.test/${arena.marker}:c`;
  const tries = [
    { context: 'link' },
    { context: '.' },
    { context: '..' },
    { context: arena.outside },
    { context: 'sub', dockerfile: '../Dockerfile' },
    { context: '.', dockerfile: arena.file },
    { context: '.', dockerfile: 'link/canary.txt' },
    { context: 'link', dockerfile: 'Dockerfile' },
  ];
  const said = [];
  for (const more of tries)
    said.push(await host.call('docker', 'build', { tag, ...more }).catch((error) => error.message));
  return { said };
};
