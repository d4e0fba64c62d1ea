/** docs/cli-client.md: each command of its blocks, with a server, and its configuration file. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandLine } from '../cli/testing/terminal.ts';
import { askServer, type ServerProcess, serverPlace } from './server-process.ts';
import { blockOn } from '../tools/code-blocks/blocks.ts';

/** The lines of a section's shell block, without what is said beside them. */
function linesOf(block: string): readonly string[] {
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/u, ''));
}

const steps = (...all: readonly string[]): string => `steps: [${all.join(', ')}]`;
const files = {
  'deploy.yml': `name: deploy
on: { manual: { inputs: { target: { type: string, default: staging } } } }
jobs: { build: { ${steps('{ run: \'echo "to $T with $S"\', env: { T: "${{ inputs.target }}", S: "${{ secrets.DEPLOY_TOKEN || 0 }}" } }')} } }
`,
  'report.yml': `on: { schedule: [{ cron: "0 6 * * *" }] }\njobs: { a: { ${steps('{ run: echo report }')} } }\n`,
  'release.yml': `on: { webhook: {} }\njobs: { a: { ${steps('{ run: echo release }')} } }\n`,
};

const asks = `on: manual\njobs: { build: { ${steps("{ run: 'true' }", '{ uses: approval@v1 }')} } }\n`;
const waits = `on: manual\njobs: { build: { ${steps('{ uses: wait-for@v1, with: { signal: paid } }')} } }\n`;
const fails = `on: manual\njobs: { build: { ${steps("{ run: 'exit 1' }")} } }\n`;

/** A user of a server: words as a shell has them, in a folder with the workflows that the page names. */
async function userOf(): Promise<{
  readonly server: ServerProcess;
  readonly run: (line: string) => Promise<{ readonly line: string; readonly code: number; readonly stdout: string }>;
}> {
  const place = serverPlace(files);
  const server = await place.begin();
  const env = {
    XDG_CONFIG_HOME: place.folder,
    WATERFLOW_SERVER_URL: server.url,
    DEPLOY_TOKEN: 'not-to-be-shown-to-anybody',
  };
  return {
    server,
    async run(line) {
      const words = Array.from(
        line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/gu),
        ([, one, two, bare]) => one ?? two ?? bare ?? '',
      );
      const { code, stdout, stderr } = await commandLine(words.slice(1), { cwd: place.folder, env, now: Date.now });
      return { line, code, stdout: code === 0 ? stdout : stdout + stderr };
    },
  };
}

async function newRun(server: ServerProcess, workflow: string, status: string): Promise<void> {
  const { body } = await askServer(server, '/v1/workflows', { workflow });
  const statusNow = async (): Promise<unknown> =>
    (await askServer(server, `/v1/workflows/${String(body['id'])}`)).body['status'];
  await expect.poll(statusNow).toBe(status);
}

describe('the page on the command line with a server', () => {
  it('submits, and asks of runs what they are at for it', async () => {
    const { server, run } = await userOf();
    const [submit = '', ...none] = linesOf(
      blockOn('docs/cli-client.md', { language: 'sh', under: 'Submit and follow' }),
    );
    expect(none).toEqual([]);
    const submitted = await run(submit);
    expect(submitted).toMatchObject({ code: 0, stdout: expect.stringContaining('to staging with ***') });

    const lines = linesOf(blockOn('docs/cli-client.md', { language: 'sh', under: 'Runs' }));
    /** What the latest run has to be for a command, where it isn't one that waits. */
    const before: Readonly<Record<string, readonly [string, string]>> = {
      signal: [waits, 'waiting'],
      logs: [fails, 'failure'],
      rerun: [fails, 'failure'],
    };
    const codes: string[] = [];
    for (const line of lines) {
      const [, verb = ''] = line.split(' ');
      // A paused run is there by the line before.
      if (verb !== 'resume') await newRun(server, ...(before[verb] ?? [asks, 'waiting']));
      // Where a shell would write it to a file it is printed here.
      const { code, stdout } = await run(line.replace(/ > .*$/u, ''));
      codes.push(`${verb} ${code}`);
      expect(line.includes('--source') ? stdout : asks).toBe(asks);
    }
    // Who follows a run that fails is told by the exit code.
    expect(codes).toEqual(
      lines.map((line) => line.split(' ')[1] ?? '').map((verb) => `${verb} ${verb === 'rerun' ? 1 : 0}`),
    );
  }, 240_000);

  it.each([
    [blockOn('docs/cli-client.md', { language: 'sh', under: 'Schedules' }), /\bsch_[0-9a-z]{26}/u],
    [blockOn('docs/cli-client.md', { language: 'sh', under: 'Webhooks' }), /\bwhk_[0-9a-z]{26}/u],
  ])('keeps what each line says: %s', async (block, idForm) => {
    const { run } = await userOf();
    const [create = '', ...others] = linesOf(block);
    const made = await run(create.replace(/^id=\$\((.*)\)$/u, '$1'));
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(idForm) });
    const [id = ''] = idForm.exec(made.stdout) ?? [];
    for (const line of others) {
      expect(await run(line.replaceAll(/"\$id"|whk_[0-9a-z]{26}/gu, id))).toMatchObject({
        line: expect.anything(),
        code: 0,
      });
    }
    expect((await run(others[0] ?? '')).stdout).not.toContain(id);
  });

  it('has a configuration file that is read as it says', async () => {
    const config = blockOn('docs/cli-client.md', { language: 'yaml' });
    const place = serverPlace({ 'waterflow/config.yaml': config });
    const server = await place.begin({ env: { API_KEY: 'a-long-key-of-this-test-alone' } });
    expect(parse(config)).toMatchObject({ profiles: { production: { url: 'https://waterflow.example.com' } } });
    const at = (name: string, env: Readonly<Record<string, string>> = {}) =>
      commandLine(['list', '--profile', name], { cwd: place.folder, env: { XDG_CONFIG_HOME: place.folder, ...env } });
    expect((await at('staging')).stderr).toContain('staging.key');
    expect((await at('production')).stderr).toContain('WATERFLOW_PRODUCTION_KEY');
    expect((await at('nowhere')).stderr).toContain('nowhere');
    const here = serverPlace({
      'waterflow/config.yaml': config.replace('https://waterflow.example.com', server.url),
    });
    const env = { XDG_CONFIG_HOME: here.folder, WATERFLOW_PRODUCTION_KEY: 'a-long-key-of-this-test-alone' };
    expect(await commandLine(['list', '--profile', 'production'], { cwd: here.folder, env })).toMatchObject({
      code: 0,
    });
  });
});
