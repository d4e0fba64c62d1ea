import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly text: string;
  readonly calls: number;
}

interface Outputs {
  readonly text: string;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ text, calls }, host) => {
  // One after the other: the time of a round trip is what is asked.
  for (let call = 0; call < calls; call += 1) await host.fs.stat('data.txt');
  return { text };
});

export default plugin;
