export default async ({ arena }, host) => {
  await host.net.request({ url: `${arena.origin}/never`, timeout_ms: 1_000_000 });
  return {};
};
