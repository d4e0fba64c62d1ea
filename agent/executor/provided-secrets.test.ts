import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createSupervisor } from '../../runtime/supervisor/index.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import type { ProvidedSecrets } from '../secrets/index.ts';
import { createTestAgent } from './testing/agent.ts';

const values: Readonly<Record<string, string>> = {
  TOKEN: 'correct-horse-battery',
  OTHER: 'staple-of-the-horse',
  LOST: '',
};

/** Gives these, and notes who was asked for. */
function provider(now = values): ProvidedSecrets & { readonly asked: string[] } {
  const asked: string[] = [];
  const lost: WaterflowError = { code: 'SECRET_UNREACHABLE', message: 'the provider is away', remedy: 'Retry.' };
  return {
    asked,
    names: Object.keys(now),
    resolve: async (name) => {
      asked.push(name);
      const value = now[name] ?? '';
      return value === '' ? { error: lost } : { ok: { value, provider: 'vault', version: 3 } };
    },
  };
}

const prints = (env: Readonly<Record<string, string>>, script: string) => ({
  uses: 'run@v1',
  with: { script },
  env: [env],
});

const supervisor = await createSupervisor();
afterAll(() => supervisor[Symbol.asyncDispose]());

describe('secrets of a provider of the agent', () => {
  it('are given to the steps that read them, kept out of what is written, and on record by name', async () => {
    const provided = provider();
    await using agent = await createTestAgent({ supervisor, provided });
    const env = { TOKEN: '${{ secrets.token }}' };
    const { result, log } = await agent.run(
      prints(env, 'echo "$TOKEN ${#TOKEN}"; printf %s "$TOKEN" | base64; cp /dev/stdin left <<< "$TOKEN"'),
    );
    expect([result.outcome, log.stdout]).toEqual(['success', `*** ${values['TOKEN']?.length}\n***\n`]);
    expect(provided.asked).toEqual(['TOKEN']);
    // A later step that wasn't given it finds it in the workspace.
    const later = await agent.run({ uses: 'run@v1', with: { script: 'cat left' } });
    expect([later.log.stdout, provided.asked]).toEqual(['***\n', ['TOKEN']]);
    await agent.executor[Symbol.asyncDispose]();
    const record = readFileSync(agent.auditFile, 'utf8');
    expect(record).not.toContain(values['TOKEN']);
    const starts = record
      .split('\n')
      .filter((line) => line.includes('"kind":"start"'))
      .map((line): unknown => JSON.parse(line));
    expect(starts).toMatchObject([
      { secrets: ['TOKEN'], provided: [{ secret: 'TOKEN', provider: 'vault', version: 3 }] },
      { secrets: [] },
    ]);
  });

  it('are not asked for where the run brought its own, nor where no grant lets them go anywhere', async () => {
    const provided = provider();
    await using agent = await createTestAgent({ supervisor, provided, secrets: { token: 'of-the-run-itself' } });
    const own = await agent.run(prints({ TOKEN: '${{ secrets.TOKEN }}' }, 'echo "${#TOKEN}"'));
    expect(own.log.stdout).toBe(`${'of-the-run-itself'.length}\n`);
    agent.plugin('idle', {
      'plugin.yaml':
        'name: idle\nversion: 1.0.0\ndescription: does nothing\nruntime: isolate\nmain: index.js\ninputs: { text: { type: string } }\n',
      'index.js': 'export default async ({ text }, host) => { host.log(text); return {}; };',
    });
    const idle = await agent.run({ uses: './plugins/idle', with: { text: 'x ${{ secrets.OTHER }}' } });
    expect(idle.result).toMatchObject({ outcome: 'success' });
    expect(idle.log.log).toMatch(/x wf-secret-/);
    expect(provided.asked).toEqual([]);
  });

  it('are those that a plugin names by itself, too, as far as the policy lets them go out', async () => {
    const provided = provider();
    const manifest = (name: string) => ({
      'plugin.yaml': `name: ${name}
version: 1.0.0
description: asks
runtime: isolate
main: index.js
permissions: { net: [{ url: "https://example.com/**", methods: [GET], auth: { bearer: TOKEN }, reason: r }] }
`,
      'index.js': 'export default async () => ({});',
    });
    const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: asks, allow: requested }
  - { plugin: kept, allow: { net: [{ url: "https://example.com/**", methods: [GET] }] } }
`;
    await using agent = await createTestAgent({ supervisor, provided, policy });
    agent.plugin('asks', manifest('asks'));
    agent.plugin('kept', manifest('kept'));
    expect((await agent.run({ uses: './plugins/kept' })).result).toMatchObject({ outcome: 'success' });
    expect(provided.asked).toEqual([]);
    expect((await agent.run({ uses: './plugins/asks' })).result).toMatchObject({ outcome: 'success' });
    expect(provided.asked).toEqual(['TOKEN']);
  });

  it('that a provider does not give fail the step, which may be retried where the provider was away', async () => {
    await using agent = await createTestAgent({ supervisor, provided: provider() });
    const { result, log } = await agent.run(prints({ LOST: '${{ secrets.LOST }}' }, 'echo ran'));
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { code: 'SECRET_UNREACHABLE', line: 7 },
    });
    expect(log.stdout).toBe('');
  });

  it('are known by the names that a called workflow was given, and by no other', async () => {
    const provided = provider();
    await using agent = await createTestAgent({ supervisor, provided });
    const script = 'echo "${#A}"';
    const called = await agent.run({ ...prints({ A: '${{ secrets.INNER }}' }, script), secrets: { INNER: 'TOKEN' } });
    expect([called.log.stdout, provided.asked]).toEqual([`${values['TOKEN']?.length}\n`, ['TOKEN']]);
    const hidden = await agent.run({ ...prints({ A: '${{ secrets.TOKEN }}' }, script), secrets: { INNER: 'TOKEN' } });
    expect(hidden.result).toMatchObject({ outcome: 'failure', error: { code: 'SECRET_MISSING' } });
  });

  it('stay masked where a provider gives another value later', async () => {
    const now = { TOKEN: 'the-value-of-before' };
    await using agent = await createTestAgent({ supervisor, provided: provider(now) });
    const step = prints({ TOKEN: '${{ secrets.TOKEN }}' }, 'touch left; cat left; echo "$TOKEN" | tee -a left');
    await agent.run(step);
    now.TOKEN = 'the-value-of-today';
    expect((await agent.run(step)).log.stdout).toBe('***\n***\n');
  });
});
