export default async () => {
  const keys = Array.from({ length: 80_000 }, (_, index) => [index.toString(36).padStart(4, 'k'), 1]);
  return { keys: Object.fromEntries(keys) };
};
