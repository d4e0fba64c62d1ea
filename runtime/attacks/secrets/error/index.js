export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  throw Object.assign(new Error(`failed with ${secret}`), { name: secret, outputs: { secret } });
};
