import { definePlugin, type Plugin } from 'waterflow/plugin';

const plugin: Plugin = definePlugin(async (_inputs, host) => {
  for (;;) await Promise.all(Array.from({ length: 32 }, () => host.fs.stat('data.txt')));
});

export default plugin;
