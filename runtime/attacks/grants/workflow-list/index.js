export default async (_inputs, host) => {
  const got = [];
  for (const path of ['elsewhere', 'in/other', 'in/a/b', '.github/x']) {
    await host.fs.write(path, 'x').then(
      () => got.push(path),
      () => undefined,
    );
  }
  return { breach: got };
};
