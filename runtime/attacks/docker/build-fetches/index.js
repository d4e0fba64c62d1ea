export default async ({ arena }, host) => {
  const url = `${arena.forbidden}/x`;
  const bodies = [
    `ADD ${url} /x`,
    `add ${url} /x`,
    `ADD ["${url}", "/x"]`,
    `ARG U=${url}\nADD $U /x`,
    `ENV U=${url}\nADD \${U} /x`,
    `ADD \\\n  ${url} /x`,
    `ADD --chown=0 ${url} /x`,
    `\tADD\t${url}\t/x`,
    `ADD ${url.replace('http', 'HTTP')} /x`,
    `ADD ${url.replace('http', 'h""ttp')} /x`,
    `ONBUILD ADD ${url} /x`,
    `COPY --from=${arena.strange_image} / /y\nADD ${url} /x`,
    `ADD ${url.replace('http://', 'git://')}.git /x`,
    `# syntax=${url}\nADD ${url} /x`,
  ];
  const files = [
    ...bodies.map((body) => `FROM ${arena.image}\n${body}\n`),
    `# escape=\`\nFROM ${arena.image}\nADD \`\n ${url} /x\n`,
  ];
  for (const [index, text] of files.entries()) {
    await host.fs.write(`c${index}/Dockerfile`, text);
    await host
      .call('docker', 'build', { context: `c${index}`, tag: `waterflow.test/${arena.marker}:${index}` })
      .catch(() => {});
  }
  await host.call('docker', 'build', { context: url, tag: `waterflow.test/${arena.marker}:r` }).catch(() => {});
  await host.call('docker', 'build', { remote: url, tag: `waterflow.test/${arena.marker}:r` }).catch(() => {});
  return {};
};
