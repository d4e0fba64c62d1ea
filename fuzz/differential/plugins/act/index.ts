import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly fates: string;
  readonly give: string;
}

interface Outputs {
  readonly x: string;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ fates, give }, host) => {
  const each = fates.split(',');
  const fate = each[Math.min(host.step.attempt, each.length) - 1];
  if (fate === 'failure') throw new Error(`attempt ${host.step.attempt} fails, as it was told`);
  return { x: give };
});

export default plugin;
