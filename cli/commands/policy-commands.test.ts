import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-policy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

const policy = `version: 1
rules:
  - plugin: approved
    allow: requested
    profile: workspace
  - plugin: http
    allow:
      net: [{ url: "https://a.example.com" }]
`;

const run = async (
  files: Readonly<Record<string, string>>,
  argv: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  await commandLine(['policy', ...argv], { cwd: folderWith(files) });

describe('waterflow policy check', () => {
  it('has nothing to say of a policy that is right', async () => {
    expect(await run({ 'p.yaml': policy }, ['check', 'p.yaml'])).toEqual({
      code: 0,
      stdout: 'p.yaml: no errors\n',
      stderr: '',
    });
  });

  it('shows what is unusual where it stands, and ends with 0', async () => {
    const wide = policy.replace('a.example.com', '*');
    const { code, stdout, stderr } = await run({ 'p.yaml': wide }, ['check', 'p.yaml']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'p.yaml: no errors, 1 warning\n' });
    expect(stderr).toContain('p.yaml:8:20: warning POLICY_WIDE: any host may be reached');
    expect(stderr).toContain('^^^^');
  });

  it('ends with 1 where a deny is for nobody', async () => {
    const deny = '\n  - { plugin: htttp, deny: { exec: [{ command: curl }] } }\n';
    const { code, stdout } = await run({ 'p.yaml': policy + deny }, ['check', 'p.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      diagnostics: [{ code: 'POLICY_UNMATCHED', severity: 'error', line: 10, remedy: 'Did you mean `http`?' }],
    });
  });

  it('knows with --plugins which there are', async () => {
    const other = policy.replace('plugin: http', 'plugin: acme');
    const quiet = await run({ 'p.yaml': other }, ['check', 'p.yaml']);
    expect(quiet.stdout).toBe('p.yaml: no errors\n');
    const { stdout } = await run({ 'p.yaml': other }, ['check', 'p.yaml', '--plugins', '--github']);
    expect(stdout).toMatch(/^::warning file=p\.yaml,line=6,col=13,title=POLICY_UNMATCHED::no plugin here/);
  });

  it('ends with 2 where it is no policy, with all that is wrong', async () => {
    const { code, stdout } = await run({ 'p.yaml': 'version: 2\nrulez: []\n' }, ['check', 'p.yaml', '--json']);
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 2, valid: false });
    expect((JSON.parse(stdout) as { diagnostics: object[] }).diagnostics.length).toBeGreaterThan(1);
    const missing = await run({}, ['check', 'p.yaml']);
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('FILE_NOT_READABLE'),
    });
  });
});

describe('waterflow policy test', () => {
  const good =
    '- { name: reads, plugin: { name: http }, call: net GET https://a.example.com/, expect: allowed, rule: 8 }\n';
  const bad = '- { name: "no\\e[2J exec", plugin: { name: http }, call: exec make, expect: allowed }\n';

  it('shows each case, and what no case is about', async () => {
    const { code, stdout } = await run({ 'p.yaml': policy, 'c.yaml': good }, ['test', 'p.yaml', 'c.yaml']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^. reads: allowed by line 8\n\n1 case: 1 passed, 0 failed\nno case is about the rule at p\.yaml:3 \(plugin: approved\)\n$/,
      ),
    });
  });

  it('ends with 1 where one fails, and says why', async () => {
    const files = { 'p.yaml': policy, 'c.yaml': good + bad };
    const { code, stdout } = await run(files, ['test', 'p.yaml', 'c.yaml']);
    expect(code).toBe(1);
    expect(stdout).toContain('no exec: denied\n    c.yaml:2: it should be allowed\n');
    expect(stdout).toContain("p.yaml doesn't allow it: it has no entry for it");
    const { stdout: json } = await run(files, ['test', 'p.yaml', 'c.yaml', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      passed: false,
      cases: [
        { passed: true, rules: [8] },
        { passed: false, decision: 'denied' },
      ],
      untested: [{ line: 3 }],
    });
  });

  it('ends with 2 where a file is wrong', async () => {
    const wrong = await run({ 'p.yaml': policy, 'c.yaml': '- { name: a }' }, ['test', 'p.yaml', 'c.yaml']);
    expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('c.yaml:1'),
    });
    const policyWrong = await run({ 'p.yaml': 'version: 2', 'c.yaml': good }, ['test', 'p.yaml', 'c.yaml']);
    expect(policyWrong.code).toBe(2);
    expect((await run({ 'p.yaml': policy }, ['test', 'p.yaml', 'c.yaml'])).code).toBe(2);
  });
});
