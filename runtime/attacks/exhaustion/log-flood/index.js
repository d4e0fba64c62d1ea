export default async (_inputs, host) => {
  for (;;) host.log('x'.repeat(1 << 20));
};
