export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  host.log(secret);
  host.log([...secret].reverse().join(''));
  host.log(secret.slice(0, 10));
  host.log(secret.slice(10));
  return { length: secret.length };
};
