export default async () => {
  const registry = new FinalizationRegistry(() => {});
  for (let index = 0; ; index += 1) registry.register({}, index);
};
