export default async ({ arena }, host) => {
  const { image, strange_image: strange, image_id: id } = arena;
  const files = [
    `FROM ${strange}`,
    `FROM ${id}`,
    `FROM sha256:${id}`,
    `ARG B=${strange}\nFROM $B`,
    `ARG B\nFROM \${B:-${strange}}`,
    `FROM ${image} AS a\nFROM ${strange}\nCOPY --from=a /bin /b`,
    `FROM ${image}\nCOPY --from=${strange} /bin /b`,
    `FROM ${image}\nCOPY --from="${strange}" /bin /b`,
    `from ${strange}`,
    `FROM --platform=linux/amd64 ${strange}`,
    `FROM \\\n${strange}`,
    `# escape=\`\nFROM \`\n${strange}`,
  ];
  const built = [];
  for (const [index, text] of files.entries()) {
    await host.fs.write(`c${index}/Dockerfile`, `${text}\n`);
    const tag = `waterflow.test/${arena.marker}:${index}`;
    const answer = await host
      .call('docker', 'build', { context: `c${index}`, tag, args: { B: strange } })
      .catch(() => null);
    if (answer !== null) built.push(text);
  }
  return { breach: built };
};
