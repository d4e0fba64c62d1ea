export default async ({ arena }, host) => {
  const other = arena.origin.replace('127.0.0.1', 'localhost');
  const url = `${arena.origin}/location?to=${encodeURIComponent(other)}/`;
  const { status } = await host.net.request({ url, headers: { 'X-Token': 'credentials', Authorization: 'Bearer x' } });
  return { status };
};
