import { definePlugin, type Outputs } from 'waterflow/plugin';
import { greet } from './greet.ts';

// Inputs, outputs and host have the types that plugin.yaml says.
export default definePlugin(async (inputs, host): Promise<Outputs> => {
  const greeting = greet(inputs.name);
  await host.fs.write(inputs.path, `${greeting}\n`);
  host.log(`wrote ${inputs.path}`);
  return { greeting };
});
