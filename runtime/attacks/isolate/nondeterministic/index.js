export default async (_inputs, host) => {
  const date = new Date();
  const seen = JSON.stringify([
    Math.random(),
    Date.now(),
    date.getTime(),
    +new Date(),
    new Date(2020, 1).getTimezoneOffset(),
    Date().length,
    [...(await host.random.bytes(16))],
    await host.random.uuid(),
    await host.now(),
    globalThis.performance?.now?.() ?? null,
    globalThis.crypto?.randomUUID?.() ?? null,
    new (Object.getPrototypeOf(date).constructor)().getTime(),
  ]);
  const before = await host.fs.read('seen').catch(() => seen);
  await host.fs.write('seen', seen);
  return { breach: before === seen ? null : [before, seen] };
};
