export default async (_inputs, host) => {
  const content = 'x'.repeat(256 * 1024);
  let written = 0;
  for (let piece = 0; piece < 40; piece += 1) {
    const fine = await host.fs.write(`piece-${piece}`, content).then(
      () => true,
      () => false,
    );
    if (fine) written += content.length;
  }
  return { breach: written > 1024 * 1024 ? written : null };
};
