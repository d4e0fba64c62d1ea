export default async (_inputs, host) => {
  await host.fs.write('in.txt', 'a\n');
  const script = { file: 'script' };
  const files = { script: { content: 'echo done' } };
  const tried = [
    { command: 'sed', args: ['s/a/b/\ne echo done', 'in.txt'] },
    { command: 'sed', args: ['-es/a/b/;e echo done', 'in.txt'] },
    { command: 'sed', args: ['--', 's/a/b/;e echo done', 'in.txt'] },
    { command: 'sed', args: ['1e echo done', script], files },
    { command: 'echo', args: ['push', '-f done'] },
    { command: 'echo', args: ['push', '--', 'done'] },
    { command: 'echo', args: ['push', '\ndone'] },
  ];
  const through = [];
  for (const call of tried) {
    const ran = await host.exec.run({ ...call, stdout: 'capture', stderr: 'capture' }).catch(() => ({ stdout: '' }));
    if (/done/.test(ran.stdout)) through.push([call.command, ...call.args.map((arg) => arg.file ?? arg)].join(' '));
  }
  return { breach: through.length > 0 ? through : null };
};
