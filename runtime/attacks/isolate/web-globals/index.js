export default async ({ arena }) => {
  const { fetch } = globalThis;
  if (typeof fetch !== 'function') return { tried: Object.getOwnPropertyNames(globalThis).length };
  const answer = await fetch(arena.forbidden);
  return { breach: answer.status };
};
