import { definePlugin, type Plugin } from 'waterflow/plugin';

const plugin: Plugin = definePlugin(() => {
  for (let turn = 0; ; turn += 1) Math.imul(turn, turn);
});

export default plugin;
