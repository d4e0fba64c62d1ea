import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { docker } from '../../../runtime/capabilities/docker/testing/images.ts';
import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun, type TestStep } from '../../executor/testing/agent.ts';

/** What the test's steps may know. */
export const composeSecrets = { TOKEN: 'correct-horse-battery', WRONG: 'not-the-password' } as const;

/** Which of both kinds of Compose are here, as the input `client` names them. None where Docker or bubblewrap is missing. */
export async function composeClients(): Promise<readonly string[]> {
  const has = [await needs('docker'), await needs('bwrap')].every(Boolean);
  const [plugin, standalone] = [await needs('compose-v2'), await needs('compose')];
  return has ? [...(plugin ? ['plugin'] : []), ...(standalone ? ['standalone'] : [])] : [];
}

/** Steps of one test file, whose containers are told from others by their image. */
export interface ComposeWorld {
  readonly containers: () => readonly string[];
  /** An agent with these files in its workspace. */
  readonly agentWith: (files: Readonly<Record<string, string>>, policy?: string) => Promise<TestAgent>;
  readonly step: (agent: TestAgent, inputs: JsonObject, more?: Partial<TestStep>) => Promise<TestRun>;
  /** What such a step gives, which must succeed. */
  readonly outputs: (agent: TestAgent, inputs: JsonObject) => Promise<JsonObject>;
}

export function composeWorld(image: string, supervisor: () => Supervisor): ComposeWorld {
  const step: ComposeWorld['step'] = (agent, inputs, more = {}) =>
    agent.run({
      uses: 'docker-compose@v1',
      with: { images: [image], ...inputs },
      timeout: { ms: 150_000, own: false },
      ...more,
    });
  return {
    containers: () =>
      docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `ancestor=${image}`)
        .split('\n')
        .filter((id) => id !== ''),
    async agentWith(files, policy) {
      const given = policy === undefined ? {} : { policy };
      const agent = await createTestAgent({ supervisor: supervisor(), secrets: composeSecrets, ...given });
      for (const [path, text] of Object.entries(files)) {
        const file = join(agent.claim.workspace, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      return agent;
    },
    step,
    async outputs(agent, inputs) {
      const { result, log } = await step(agent, inputs);
      expect({ result, log }, JSON.stringify({ result, log })).toMatchObject({ result: { outcome: 'success' } });
      return result.outputs ?? {};
    },
  };
}
