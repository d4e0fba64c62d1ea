import { describe, expect, it } from 'vitest';
import type { PluginFile } from '../../../runtime/manifest/index.ts';
import { assemblyScript } from './assemblyscript.ts';
import { cSources } from './c.ts';
import { goSources } from './go.ts';
import { dependenciesIn, rustSources } from './rust.ts';

function filesOf(texts: Readonly<Record<string, string>>): readonly PluginFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text), executable: false }));
}

const around = { 'plugin.yaml': '', 'README.md': '', 'plugin.wasm': '', 'tests/greet.yaml': '', 'dist/build.json': '' };

describe('the sources of a plugin', () => {
  it('in C are its source folders, and what these take in from elsewhere', () => {
    const files = filesOf({
      ...around,
      Makefile: '',
      'src/plugin.c':
        '#include "waterflow.h"\n  # include <tables.inc>\n#embed "../data/words.txt"\n#include <stddef.h>\n',
      'src/tables.inc': '#include "../shared/more.h"\n',
      'waterflow/waterflow.h': '#include "../src/plugin.c"\n',
      'shared/more.h': '',
      'shared/unused.h': '',
      'data/words.txt': '',
      'tests/host.c': '#include "waterflow.h"\n',
    });
    expect(cSources(files)).toEqual([
      'data/words.txt',
      'shared/more.h',
      'src/plugin.c',
      'src/tables.inc',
      'waterflow/waterflow.h',
    ]);
  });

  it('in Go are all packages without their tests, what they embed, and the files of modules', () => {
    const files = filesOf({
      ...around,
      'go.mod': '',
      'go.sum': '',
      'main.go': 'package main\n\n//go:embed words/*.txt "with space.txt" all:templates\nvar files embed.FS\n',
      'main_test.go': '//go:embed README.md\n',
      'waterflow/calls.go': '//go:embed own.json\n',
      'waterflow/own.json': '',
      'own.json': '',
      'words/a.txt': '',
      'words/a.md': '',
      'with space.txt': '',
      'templates/deep/.hidden': '',
      'vendor/modules.txt': '',
      'vendor/example.com/x/x.go': '',
    });
    expect(goSources(files)).toEqual([
      'go.mod',
      'go.sum',
      'main.go',
      'templates/deep/.hidden',
      'vendor/example.com/x/x.go',
      'vendor/modules.txt',
      'waterflow/calls.go',
      'waterflow/own.json',
      'with space.txt',
      'words/a.txt',
    ]);
  });

  it('in Rust are all crates without their tests, and what cargo goes by', () => {
    const files = filesOf({
      ...around,
      'Cargo.toml': '',
      'Cargo.lock': '',
      'build.rs': '',
      'rust-toolchain.toml': '',
      '.cargo/config.toml': '',
      'rustfmt.toml': '',
      'src/lib.rs': '',
      'tests/all.rs': '',
      'waterflow/Cargo.toml': '',
      'waterflow/src/json.rs': '',
      'waterflow/examples/one.rs': '',
    });
    expect(rustSources(files)).toEqual([
      'Cargo.toml',
      'Cargo.lock',
      'build.rs',
      'rust-toolchain.toml',
      '.cargo/config.toml',
      'src/lib.rs',
      'waterflow/Cargo.toml',
      'waterflow/src/json.rs',
    ]);
  });

  it('in Rust are also what cargo says that the compiler read', () => {
    const rule =
      '/p/greet/target/x/plugin.wasm: /p/greet/src/lib.rs /p/greet/data/two\\ words.txt /p/other/src/lib.rs\n';
    expect(dependenciesIn(rule, '/p/greet')).toEqual(['src/lib.rs', 'data/two words.txt']);
    expect(dependenciesIn('', '/p/greet')).toEqual([]);
  });

  it('in AssemblyScript are all of its files but tests, and the settings of the compiler', () => {
    const files = filesOf({
      ...around,
      'asconfig.json': '',
      'package.json': '',
      'assembly/index.ts': '',
      'assembly/waterflow/json.ts': '',
      'tests/host.mjs': '',
      'tests/helper.ts': '',
    });
    expect(assemblyScript.sourcesIn(files)).toEqual([
      'asconfig.json',
      'assembly/index.ts',
      'assembly/waterflow/json.ts',
    ]);
  });

  it('in AssemblyScript are also the settings that others extend, and what transforms', () => {
    const files = filesOf({
      ...around,
      'asconfig.json': '{ "extends": "./settings/base.json", "options": { "transform": ["./tools/a.mjs"] } }',
      'settings/base.json': '{ "extends": "../last.json", "targets": { "release": { "transform": "tools/b.mjs" } } }',
      'last.json': '{ "extends": "asconfig.json" }',
      'other.json': '',
      'tools/a.mjs': '',
      'tools/b.mjs': '',
      'tools/c.mjs': '',
      'assembly/index.ts': '',
    });
    expect(assemblyScript.sourcesIn(files)).toEqual([
      'asconfig.json',
      'settings/base.json',
      'last.json',
      'tools/a.mjs',
      'tools/b.mjs',
      'assembly/index.ts',
    ]);
    const broken = filesOf({ 'asconfig.json': '{', 'last.json': '', 'assembly/index.ts': '' });
    expect(assemblyScript.sourcesIn(broken)).toEqual(['asconfig.json', 'assembly/index.ts']);
  });
});
