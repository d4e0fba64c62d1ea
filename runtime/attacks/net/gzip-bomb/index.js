export default async ({ arena }, host) => {
  const answer = await host.net.request({ url: `${arena.origin}/bomb` }).catch((error) => error);
  return { breach: (answer.body?.length ?? 0) > 1 << 20 ? answer.body.length : null, code: answer.code };
};
