export default async (_inputs, host) => {
  for (let line = 0; line < 32; line += 1) host.log('x'.repeat(1 << 20));
  return { breach: 'thirty-two megabytes of log' };
};
