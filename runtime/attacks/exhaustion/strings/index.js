export default async () => {
  const kept = [];
  for (let index = 0; ; index += 1) kept.push(`${'x'.repeat(100_000)}${index}`.split('').reverse().join(''));
};
