export default async () => ({
  breach: ['performance', 'Temporal'].filter((name) => name in globalThis),
});
