export default async () => {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 1000 }, () => 1.5));
};
