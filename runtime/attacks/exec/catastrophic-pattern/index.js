export default async (_inputs, host) => {
  const almost = `${'a'.repeat(30_000)}c`;
  const codes = [];
  for (const args of [[almost], Array(20).fill(almost), Array(400).fill('a'.repeat(50))]) {
    for (const command of ['echo', 'true'])
      codes.push(
        await host.exec.run({ command, args }).then(
          () => 'ran',
          (error) => error.code,
        ),
      );
  }
  return { codes };
};
