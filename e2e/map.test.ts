import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, RunningCommand, root } from './command.ts';

/** What lint says of a file with this text at this path of the repository. */
async function lint(path: string, text: string) {
  const folder = folderWith({});
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  const oxlint = join(root, 'node_modules', '.bin', 'oxlint');
  const { code, stdout } = await new RunningCommand(oxlint, ['--deny-warnings', '--format=unix', '.'], { cwd: folder })
    .ended;
  return { code, stdout };
}

const importing = (specifier: string): string =>
  `import { something } from '${specifier}';\nexport const used: unknown = something;\n`;

describe('the map of imports, as lint holds it', () => {
  it.each([
    ['schemas/x.ts', '../dsl/index.ts'],
    ['schemas/x.ts', 'node:fs'],
    ['dsl/x.ts', '../engine/port.ts'],
    ['dsl/read/x.ts', '../../storage/index.ts'],
    ['dsl/x.ts', 'node:path'],
    ['engine/machine/run/x.ts', '../../embedded/engine.ts'],
    ['engine/machine/run/x.ts', '../../../storage/port.ts'],
    ['engine/machine/job/step/x.ts', '../../../../storage/port.ts'],
    ['engine/machine/job/step/x.ts', '../../../embedded/engine.ts'],
    ['engine/machine/x.ts', 'node:crypto'],
    ['engine/embedded/x.ts', '../../runtime/supervisor/index.ts'],
    ['engine/embedded/x.ts', '../../agent/redaction/index.ts'],
    ['engine/embedded/x.ts', '../../cli/terminal.ts'],
    ['storage/folder/x.ts', '../../engine/port.ts'],
    ['storage/x.ts', '../runtime/plugin.ts'],
    ['runtime/capabilities/x.ts', '../../agent/executor/api.ts'],
    ['runtime/x.ts', '../engine/port.ts'],
    ['runtime/x.ts', '../storage/port.ts'],
    ['agent/executor/x.ts', '../../engine/port.ts'],
    ['agent/x.ts', '../cli/terminal.ts'],
    ['plugins/run/x.ts', '../../runtime/guest/index.ts'],
    ['plugins/run/x.ts', 'node:fs'],
    ['console/pages/x.ts', '../../server/app.ts'],
  ])('refuses %s the import of %s', async (path, specifier) => {
    const { code, stdout } = await lint(path, importing(specifier));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('no-restricted-imports') });
  });

  it.each([
    ['dsl/x.ts', '../schemas/index.ts'],
    ['engine/machine/run/x.ts', '../../../dsl/expressions/index.ts'],
    ['engine/embedded/x.ts', '../../storage/index.ts'],
    ['engine/embedded/x.ts', '../../agent/executor/api.ts'],
    ['storage/x.ts', '../schemas/index.ts'],
    ['runtime/x.ts', '../dsl/expressions/index.ts'],
    ['runtime/supervisor/x.ts', 'node:child_process'],
    ['agent/executor/x.ts', '../../runtime/supervisor/index.ts'],
    ['plugins/run/x.ts', 'waterflow/plugin'],
    ['cli/composition/x.ts', '../../engine/embedded/index.ts'],
  ])('allows %s the import of %s', async (path, specifier) => {
    const { code, stdout } = await lint(path, importing(specifier));
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('error') });
  });
});
