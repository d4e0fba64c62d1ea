globalThis.collected ??= [];
const registry = new FinalizationRegistry((held) => globalThis.collected.push(held));

export default async () => {
  const breach = [...globalThis.collected];
  for (let index = 0; index < 20_000; index += 1) registry.register({ index }, index);
  globalThis.kept = new WeakRef({});
  globalThis.collected.push('a round before');
  return { breach };
};
