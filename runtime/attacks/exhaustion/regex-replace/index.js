export default async () => {
  let text = 'a'.repeat(1 << 20);
  for (;;) text = text.replace(/a/g, 'aaaa').slice(0, 1 << 24);
};
