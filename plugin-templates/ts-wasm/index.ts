import { definePlugin, type Plugin } from 'waterflow/plugin';
import { greet } from './greet.ts';

interface Inputs {
  readonly name: string;
  readonly path: string;
}

interface Outputs {
  readonly greeting: string;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const greeting = greet(inputs.name);
  await host.fs.write(inputs.path, `${greeting}\n`);
  host.log(`wrote ${inputs.path}`);
  return { greeting };
});
export default plugin;
