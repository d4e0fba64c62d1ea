export default async ({ arena }, host) => {
  let made = 0;
  for (let call = 0; call < 15; call += 1) {
    await host.now().catch(() => {});
    made += 1;
  }
  return { breach: arena.round === 3 && made === 15 ? made : null };
};
