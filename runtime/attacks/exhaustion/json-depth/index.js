export default async () => {
  for (;;) {
    try {
      JSON.parse('['.repeat(5_000_000));
    } catch {}
  }
};
