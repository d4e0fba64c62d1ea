export default async ({ arena }, host) => {
  const got = [];
  for (const method of ['DELETE', 'PUT', 'PATCH']) {
    await host.call('net', 'request', { url: `${arena.origin}/public/x`, method }).then(
      () => got.push(method),
      () => undefined,
    );
  }
  return { breach: got };
};
