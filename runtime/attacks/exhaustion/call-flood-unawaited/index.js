export default async (_inputs, host) => {
  for (;;) host.sleep(1000).catch(() => {});
};
