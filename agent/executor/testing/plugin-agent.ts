import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { createTestAgent, type TestAgent } from './agent.ts';

/** What a test may say of an agent with one plugin. */
export interface PluginAgentOptions {
  /** Over a manifest with nothing but a name. */
  readonly manifest?: JsonObject;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly policy?: string;
  /** Default: that plugin. */
  readonly approve?: readonly string[];
  readonly cancelGraceMs?: number;
}

/** Makes agents with the plugin `./plugins/p`, whose function has that body and which may do what it asks for. */
export function pluginAgents(
  supervisor: () => Supervisor,
): (body: string, options?: PluginAgentOptions) => Promise<TestAgent> {
  return async (body, { manifest, ...others } = {}) => {
    const agent = await createTestAgent({ supervisor: supervisor(), approve: ['./plugins/p'], ...others });
    agent.plugin('p', pluginFiles(body, manifest));
    return agent;
  };
}

/** The files of a plugin whose function has this body. */
function pluginFiles(body: string, manifest: JsonObject = {}): Readonly<Record<string, string>> {
  const complete = {
    name: 'test-plugin',
    version: '1.0.0',
    description: 'Tests.',
    runtime: 'isolate',
    main: 'index.ts',
    'dynamic-outputs': true,
    ...manifest,
  };
  return {
    // JSON is YAML.
    'plugin.yaml': JSON.stringify(complete),
    'index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (inputs: any, host: any) => {
${body}
});
`,
  };
}
