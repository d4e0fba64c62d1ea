export default async ({ arena }, host) => {
  const message = { host: '127.0.0.1', port: arena.mail_port, from: 'robot@good.test', subject: 'x', text: 'x' };
  const some = Array.from({ length: 100 }, (_, index) => `n${index}@good.test`);
  const tries = [
    { to: some },
    { to: some.slice(0, 3), cc: some.slice(3, 6), bcc: some.slice(6, 9) },
    { to: some.slice(0, 1), text: 'x'.repeat(200_000) },
  ];
  const sent = [];
  for (const each of tries) {
    const answer = await host.call('mail', 'send', { ...message, ...each }).catch(() => null);
    if (answer !== null) sent.push(Object.keys(each).join());
  }
  return { breach: sent };
};
