export default async () => {
  return { breach: 'x'.repeat(2_000_000) };
};
