export default async ({ arena }) => {
  const names = ['node:fs', 'fs', 'data:text/javascript,export default 42', arena.file, `file://${arena.file}`];
  const breach = [];
  for (const name of names) {
    try {
      await import(name);
      breach.push(name);
    } catch {}
  }
  return { breach };
};
