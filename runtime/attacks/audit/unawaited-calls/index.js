export default async (_inputs, host) => {
  for (let index = 0; index < 100; index += 1) host.fs.write(`file-${index}`, 'x').catch(() => {});
  return {};
};
