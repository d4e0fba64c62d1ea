export default async () => {
  await Array.fromAsync(
    (async function* () {
      for (;;) yield 'x'.repeat(1000);
    })(),
  );
};
