export default async ({ arena }, host) => {
  const answer = await host.net.request({ url: `${arena.origin}/huge` }).catch((error) => error);
  return { code: answer.code };
};
