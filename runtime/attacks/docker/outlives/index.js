export default async ({ arena }, host) => {
  const sleeping = { command: ['sh', '-c', `sleep 300; : ${arena.marker}`], pull: 'never' };
  await host.call('docker', 'start', { image: arena.image, ...sleeping }).catch(() => {});
  const labels = ['agent', 'run', 'tenant', 'name', 'plugin'].map((name) => `LABEL dev.waterflow.${name}=other`);
  const more = {
    lower: labels.map((line) => line.toLowerCase()),
    quoted: labels.map((line) => line.replace('dev.', 'd"e"v.')),
    plain: labels,
  };
  for (const [name, lines] of Object.entries(more)) {
    await host.fs.write(`${name}/Dockerfile`, [`FROM ${arena.image}`, ...lines, ''].join('\n'));
    const tag = `waterflow.test/${arena.marker}:${name}`;
    const built = await host.call('docker', 'build', { context: name, tag }).catch(() => null);
    if (built !== null) await host.call('docker', 'start', { image: tag, ...sleeping }).catch(() => {});
  }
  return {};
};
