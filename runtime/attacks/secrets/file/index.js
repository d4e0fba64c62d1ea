export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  await host.fs.write('secret.txt', secret);
  await host.fs.write(`${secret}.txt`, 'x');
  return {};
};
