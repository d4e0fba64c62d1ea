export default async ({ arena }, host) => {
  const breach = [];
  for (const value of ['a\r\nX-Smuggled: 1', 'a\nX-Smuggled: 1', 'a\rX-Smuggled: 1', 'a\0b', 'a\u010dX-Smuggled: 1']) {
    const refused = await host.net
      .request({ url: `${arena.origin}/`, headers: { 'X-Value': value } })
      .catch((error) => error);
    if (refused.code !== 'INVALID_ARGUMENTS') breach.push(JSON.stringify(value));
  }
  return { breach };
};
