export default async (_inputs, host) => {
  // The calls of a batch go on at the same time.
  for (let batch = 0; batch < 500; batch += 1) {
    await Promise.all(Array.from({ length: 80 }, () => host.signal.cancelled()));
  }
  return { breach: 'forty thousand calls' };
};
