let count = 0;

export default async () => {
  count += 1;
  const left = globalThis.left ?? null;
  try {
    globalThis.left = 'here';
  } catch {}
  return { breach: count > 1 || left !== null ? { count, left } : null };
};
