export default async ({ arena }, host) => {
  const answer = await host.call('clock', 'now', {});
  void host.call('sleep', 'for', { ms: 300 }).catch(() => {});
  return { breach: typeof answer === 'number' ? null : answer, round: arena.round };
};
