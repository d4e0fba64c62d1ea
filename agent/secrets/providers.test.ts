import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBroker, valueOf } from './testing/open.ts';
import { testPowers } from './testing/powers.ts';

const value = 'correct-horse-battery';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('variables of the environment', () => {
  it('are found behind their prefix, and are missing where they are empty', async () => {
    const powers = testPowers({ WF_TOKEN: value, TOKEN: 'another', WF_NONE: '' });
    await using broker = openBroker(
      `providers: { here: { environment: { prefix: WF_ } } }
secrets: { TOKEN: { provider: here }, API_KEY: { provider: here, path: TOKEN }, NONE: { provider: here } }`,
      { folder: newFolder(), powers },
    );
    expect(await Promise.all(['TOKEN', 'API_KEY', 'NONE'].map((name) => valueOf(broker, name)))).toEqual([
      value,
      value,
      expect.stringMatching(/^SECRET_NOT_FOUND: .*`here`.*NONE.*variable/),
    ]);
    expect(JSON.stringify(powers.events)).not.toContain(value);
    expect(powers.events).toContainEqual({ secret: 'API_KEY', provider: 'here', path: 'TOKEN' });
  });

  it('are for some tenants alone where the file says so', async () => {
    await using broker = openBroker(
      `providers: { here: { environment: {} } }
secrets: { TOKEN: { provider: here, tenants: [acme] } }`,
      { folder: newFolder(), powers: testPowers({ TOKEN: value }) },
    );
    expect([broker.of('acme').names, broker.of('other').names]).toEqual([['TOKEN'], []]);
    expect([await valueOf(broker, 'TOKEN', 'acme'), await valueOf(broker, 'TOKEN', 'other')]).toEqual([
      value,
      expect.stringMatching(/^SECRET_MISSING: /),
    ]);
  });
});

describe('files of a folder', () => {
  const text = `cache: 0s
providers: { folder: { files: { folder: kept } } }
secrets: { TOKEN: { provider: folder, path: deploy/token } }`;

  it('are values, but for one line break at their end', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'kept/deploy'), { recursive: true });
    await using broker = openBroker(text, { folder, powers: testPowers() });
    expect(await valueOf(broker, 'TOKEN')).toMatch(/^SECRET_NOT_FOUND: .*no such file/);
    for (const [content, found] of [
      [`${value}\n`, value],
      [`${value}\r\n`, value],
      [`line\n${value}\n\n`, `line\n${value}\n`],
    ] as const) {
      writeFileSync(join(folder, 'kept/deploy/token'), content, { mode: 0o600 });
      expect(await valueOf(broker, 'TOKEN')).toBe(found);
    }
  });

  it.each<readonly [string, (file: string, folder: string) => void, RegExp]>([
    ['everybody may read', (file) => chmodSync(file, 0o604), /^SECRET_DENIED: .*everybody/],
    ['the group may change', (file) => chmodSync(file, 0o660), /^SECRET_DENIED: .*may change/],
    ['is a folder', (file) => (rmSync(file), mkdirSync(file)), /^SECRET_DENIED: .*no file/],
    ['is too short to be redacted', (file) => writeFileSync(file, 'abc'), /^SECRET_INVALID: .*fewer than/],
    ['is no text', (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 1, 2, 3])), /^SECRET_INVALID: .*UTF-8/],
    ['holds a NUL', (file) => writeFileSync(file, 'abcdef\0ghi'), /^SECRET_INVALID: .*NUL/],
    [
      'is a link to elsewhere',
      (file, folder) => {
        writeFileSync(join(folder, 'outside'), value, { mode: 0o600 });
        rmSync(file);
        symlinkSync(join(folder, 'outside'), file);
      },
      /^SECRET_DENIED: .*leads elsewhere/,
    ],
  ])('are refused where one %s', async (_what, change, problem) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'kept/deploy'), { recursive: true });
    const file = join(folder, 'kept/deploy/token');
    writeFileSync(file, value, { mode: 0o600 });
    change(file, folder);
    await using broker = openBroker(text, { folder, powers: testPowers() });
    const shown = await valueOf(broker, 'TOKEN');
    expect(shown).toMatch(problem);
    expect(shown).not.toContain('deploy/token');
  });

  it('may be links within the folder, as Kubernetes mounts secrets', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'kept/..2026_01_01/deploy'), { recursive: true });
    writeFileSync(join(folder, 'kept/..2026_01_01/deploy/token'), value, { mode: 0o440 });
    symlinkSync('..2026_01_01', join(folder, 'kept/..data'));
    symlinkSync('..data/deploy', join(folder, 'kept/deploy'));
    await using broker = openBroker(text, { folder, powers: testPowers() });
    expect(await valueOf(broker, 'TOKEN')).toBe(value);
  });
});

/** A program of its own in a folder, which a shell runs. */
function program(folder: string, script: string): string {
  const file = join(folder, 'give');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

describe('a program', () => {
  it('is asked by its arguments alone, with what it was given of the environment', async () => {
    const folder = newFolder();
    const give = program(folder, 'echo "$# $1 $2 [$SHOWN] [$HIDDEN] $(pwd)"');
    const powers = testPowers({ PATH: '/usr/bin:/bin', SHOWN: 'shown', HIDDEN: 'hidden' });
    await using broker = openBroker(
      `providers: { program: { command: { command: ["${give}", "x/{path}", "{name};\`id\` $HOME"], environment: [SHOWN] } } }
secrets: { TOKEN: { provider: program, path: deploy/prod } }`,
      { folder, powers },
    );
    expect(await valueOf(broker, 'TOKEN')).toBe('2 x/deploy/prod TOKEN;`id` $HOME [shown] [] /');
  });

  it('gives fields where it prints JSON', async () => {
    const folder = newFolder();
    const give = program(folder, `echo '{"token":"${value}","port":80}'`);
    const entry = (field: string): string => `{ provider: program, path: same, field: ${field} }`;
    await using broker = openBroker(
      `providers: { program: { command: { command: ["${give}"], output: json } } }
secrets: { TOKEN: ${entry('token')}, PORT: ${entry('port')}, OTHER: ${entry('constructor')} }`,
      { folder, powers: testPowers({ PATH: '/usr/bin:/bin' }) },
    );
    expect(await Promise.all(['TOKEN', 'PORT', 'OTHER'].map((name) => valueOf(broker, name)))).toEqual([
      value,
      expect.stringMatching(/^SECRET_INVALID: .*a number/),
      expect.stringMatching(/^SECRET_NOT_FOUND: .*no such field/),
    ]);
  });

  it.each([
    ['says that there is none', 'exit 66', /^SECRET_NOT_FOUND: /],
    ['says that the agent may not have it', 'exit 77', /^SECRET_DENIED: /],
    ['fails, whatever it writes', `echo ${value}; echo ${value} >&2; exit 1`, /^SECRET_UNREACHABLE: .*exit code 1$/],
    [
      'takes too long, with what it started',
      'touch began; (sleep 100; touch left) & sleep 100',
      /^SECRET_UNREACHABLE: .*longer than 300 ms/,
    ],
    ['prints without end', 'exec cat /dev/zero', /^SECRET_INVALID: .*prints more than/],
    ['is killed', 'kill -9 $$', /^SECRET_UNREACHABLE: .*SIGKILL/],
  ])('that %s gives nothing', async (_what, script, problem) => {
    const folder = newFolder();
    const give = program(folder, `cd "${folder}"; ${script}`);
    await using broker = openBroker(
      `providers: { program: { command: { command: ["${give}"], timeout: 300ms } } }
secrets: { TOKEN: { provider: program } }`,
      { folder, powers: testPowers({ PATH: '/usr/bin:/bin' }) },
    );
    const shown = await valueOf(broker, 'TOKEN');
    expect(shown).toMatch(problem);
    expect(shown).not.toContain(value);
  });

  it('that is not there is no missing secret', async () => {
    const folder = newFolder();
    await using broker = openBroker(
      `providers: { program: { command: { command: ["${folder}/none"] } } }
secrets: { TOKEN: { provider: program } }`,
      { folder, powers: testPowers() },
    );
    expect(await valueOf(broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*can't be started \(ENOENT\)/);
  });
});

describe('the cache of values', () => {
  it('has one question for all that ask at a time, and forgets by itself', async () => {
    const folder = newFolder();
    const give = program(folder, `echo asked >> "${folder}/asked"; printf %s "${value}-$(wc -l < "${folder}/asked")"`);
    const powers = testPowers({ PATH: '/usr/bin:/bin' });
    await using broker = openBroker(
      `cache: 1m
providers: { program: { command: { command: ["${give}"] } } }
secrets: { TOKEN: { provider: program } }`,
      { folder, powers },
    );
    const together = await Promise.all([valueOf(broker, 'TOKEN'), valueOf(broker, 'TOKEN')]);
    expect(together).toEqual([`${value}-1`, `${value}-1`]);
    powers.pass(59_000);
    expect(await valueOf(broker, 'TOKEN')).toBe(`${value}-1`);
    powers.pass(1000);
    expect(powers.awaited()).toEqual([]);
    expect(await valueOf(broker, 'TOKEN')).toBe(`${value}-2`);
  });

  it('keeps no problem, and asks nobody where a step has ended', async () => {
    const folder = newFolder();
    const give = program(folder, `echo >> "${folder}/asked"; test -e "${folder}/there" || exit 66; printf ${value}`);
    await using broker = openBroker(
      `providers: { program: { command: { command: ["${give}"] } } }
secrets: { TOKEN: { provider: program } }`,
      { folder, powers: testPowers({ PATH: '/usr/bin:/bin' }) },
    );
    expect(await valueOf(broker, 'TOKEN')).toMatch(/^SECRET_NOT_FOUND/);
    const ended = await broker.of('default').resolve('TOKEN', AbortSignal.abort());
    expect('error' in ended && ended.error.code).toBe('SECRET_UNREACHABLE');
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('\n');
    writeFileSync(join(folder, 'there'), '');
    expect(await valueOf(broker, 'TOKEN')).toBe(value);
  });
});
