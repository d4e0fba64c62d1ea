export default async ({ arena }, host) => {
  await host.fs.write(
    'c/Dockerfile',
    `FROM ${arena.image}\nRUN nc -w 2 ${arena.other_address} 8080; nc -w 2 127.0.0.1 8080; true\n`,
  );
  const said = [];
  for (const network of [undefined, 'none', 'run', 'bridge', 'host', `container:${arena.other_container}`]) {
    const tag = `waterflow.test/${arena.marker}:n`;
    said.push(
      await host
        .call('docker', 'build', { context: 'c', tag, ...(network === undefined ? {} : { network }) })
        .catch((error) => error.code),
    );
  }
  return { said };
};
