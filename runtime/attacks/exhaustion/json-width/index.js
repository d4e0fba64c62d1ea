export default async () => {
  const text = `[${'{"a":1},'.repeat(3_000_000)}1]`;
  const kept = [];
  for (;;) kept.push(JSON.parse(text));
};
