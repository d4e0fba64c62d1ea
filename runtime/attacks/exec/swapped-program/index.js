export default async ({ arena }, host) => {
  const seen = new Set();
  const end = (await host.now()) + 4000;
  while ((await host.now()) < end) {
    const ran = await host.exec
      .run({ command: `${arena.outside}-tools/tool`, args: ['fine'], stdout: 'capture' })
      .catch((error) => ({ stdout: error.code }));
    seen.add(ran.stdout);
  }
  return { breach: seen.has('swapped\n') ? [...seen] : null, seen: [...seen] };
};
