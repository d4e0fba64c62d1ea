export default async (_inputs, host) => {
  for (;;) await host.now();
};
