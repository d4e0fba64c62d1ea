import { describe, expect, it } from 'vitest';
import { commandLine } from './testing/terminal.ts';

const help = 'Run the command with --help to see how it is used.';

describe('the command line', () => {
  it('shows in its help what an option can be, and what it is where it is not given', async () => {
    const { code, stdout } = await commandLine(['audit', 'export', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('of these only (allowed, denied, invalid)');
    expect(stdout).toContain('what to write (json, csv; default: json)');
  });

  it.each([
    [['rnu', 'file.yml'], "unknown command 'rnu'", `Did you mean run? ${help}`],
    [['valdate'], "unknown command 'valdate'", `Did you mean validate? ${help}`],
    [['plugin', 'rnu'], "unknown command 'rnu'", `Did you mean run? ${help}`],
    [['audit', 'verfy'], "unknown command 'verfy'", `Did you mean verify? ${help}`],
    [['aprove', 'x'], "unknown command 'aprove'", `Did you mean approve? ${help}`],
    [['get', 'x', '--stat', 'y'], "unknown option '--stat'", `Did you mean --state? ${help}`],
    [['approve'], "missing required argument 'run'", help],
    [['run', '--resum', 'x'], "unknown option '--resum'", `Did you mean --resume? ${help}`],
    [
      ['plugin', 'publish', './greet'],
      "unknown command 'publish'",
      expect.stringContaining('waterflow registry build'),
    ],
    [
      ['plugin', 'uninstall', '--json', 'greet'],
      "unknown command 'uninstall'",
      expect.stringContaining('plugin remove'),
    ],
    [['plugin', 'trust', 'me'], "unknown command 'trust'", expect.stringContaining('keys trust')],
    [['sign', 'a.tgz'], "unknown command 'sign'", expect.stringContaining('plugin sign')],
    [['frobnicate'], "unknown command 'frobnicate'", help],
    [['validate'], "missing required argument 'file'", help],
    [['run', '--input'], "option '--input <name=value>' argument missing", help],
    [['plan', 'x.yml', '--json', '--mermaid'], "option '--json' cannot be used with option '--mermaid'", help],
  ])('refuses %j and says what to do', async (argv, message, remedy) => {
    const { code, stdout, stderr } = await commandLine(argv);
    const said = argv.includes('--json')
      ? JSON.parse(stdout)
      : {
          type: 'error',
          code: 'USAGE',
          message: stderr.split('\n')[0]?.slice('error[USAGE]: '.length),
          remedy: stderr.split('\n')[1]?.slice('  remedy: '.length),
        };
    expect({ code, said }).toEqual({ code: 2, said: { type: 'error', code: 'USAGE', message, remedy } });
  });

  it.each([[[]], [['plugin']], [['grants']], [['audit']]])(
    'of %j alone is how to use it, and ends with 2',
    async (argv) => {
      const { code, stdout, stderr } = await commandLine(argv);
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^Usage: waterflow /),
      });
    },
  );

  it.each([
    [['--help'], ['run', 'validate', 'plan', 'eval', 'schema', 'import', 'plugin', 'grants', 'audit', 'doctor']],
    [
      ['run', '--help'],
      ['--input', '--var', '--secret', '--policy', '--approve', '--state', '--resume', '--json'],
    ],
    [['--help'], ['list', 'get', 'logs', 'approve', 'signal', 'pause', 'resume', 'cancel', 'terminate', 'rerun']],
    [
      ['list', '--help'],
      ['--status', '--limit', '--state', '--json'],
    ],
    [
      ['logs', '--help'],
      ['--job', '--step', '-f, --follow'],
    ],
    [
      ['approve', '--help'],
      ['--reject', '--push-back', '--comment', '--by'],
    ],
    [
      ['signal', '--help'],
      ['--payload', '--payload-file', '--by'],
    ],
    [['cancel', '--help'], ['--reason']],
    [
      ['rerun', '--help'],
      ['--failed', '--job', '--from', '--iteration', '--input', '--secret', '--policy', '--approve'],
    ],
    [
      ['plugin', 'run', '--help'],
      ['--input', '--secret', '--approve'],
    ],
    [
      ['grants', 'explain', '--help'],
      ['--step', '--policy', '--approve'],
    ],
  ])('with %j names what there is, each with a description', async (argv, names) => {
    const { code, stdout, stderr } = await commandLine(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const described = names.filter((name) => new RegExp(`^  ${name}\\b.* {2,}\\S`, 'm').test(stdout));
    expect(described).toEqual(names);
    expect(stdout).not.toContain('[]');
  });

  it('tells its version, and that it runs from source', async () => {
    const { code, stdout } = await commandLine(['--version']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+ \(from source, .+\)\n$/),
    });
    const asJson = await commandLine(['--version', '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      version: stdout.split(' ', 1).join(),
      build: 'source',
      node: process.versions.node,
    });
  });
});
