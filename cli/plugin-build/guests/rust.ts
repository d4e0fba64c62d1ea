import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { PluginFile } from '../../../runtime/manifest/index.ts';
import { isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import type { Mistake } from '../mistakes.ts';
import { type Compilation, type GuestLanguage, withFile } from './guest-builder.ts';
import { buildFailed, findProgram, type Program, runProgram, toolchainMissing } from './tools.ts';

const target = 'wasm32-unknown-unknown';

/** Rust, by cargo; crates are taken from its cache or a `vendor` folder, never from the network. */
export const rust: GuestLanguage = {
  language: 'Rust',
  isUsedIn: withFile('Cargo.toml'),
  sourcesIn: rustSources,
  compile: async (compilation) => {
    const { folder, env, output } = compilation;
    const ended = await runProgram(findCargo(compilation), cargoArguments(folder, env['CARGO_HOME'] ?? env['HOME']), {
      cwd: folder,
      env,
    });
    const events = eventsIn(ended.stdout);
    if (ended.exitCode !== 0) throw failureOf(events, ended.stderr);
    const module = events.flatMap(moduleOf).at(-1);
    if (module === undefined) {
      const remedy = 'Say `crate-type = ["cdylib"]` under `[lib]` in Cargo.toml.';
      throw new WaterflowFailure({ code: 'BUILD_FAILED', message: 'cargo made no module', remedy, file: 'Cargo.toml' });
    }
    copyFileSync(module, output);
    const warnings = messagesIn(events, 'warning').map(({ message, file, line, column }) =>
      file === undefined ? message : `${file}:${line}:${column}: ${message}`,
    );
    return { warnings, read: filesRead(folder, module) };
  },
};

/** Each file of Rust that isn't a test's or an example's, and those by which cargo goes. What a source takes in besides, the compiler says. */
export function rustSources(files: readonly PluginFile[]): readonly string[] {
  return files
    .map(({ path }) => path)
    .filter((path) =>
      path.endsWith('.rs')
        ? !/(?:^|\/)(?:tests|benches|examples)\//.test(path)
        : /(?:^|\/)(?:Cargo\.(?:toml|lock)|rust-toolchain(?:\.toml)?|\.cargo\/config(?:\.toml)?)$/.test(path),
    );
}

/** Files of the folder that the module was made of, such as those of `include_str!`: cargo writes them beside it, as make has them. */
function filesRead(folder: string, module: string): readonly string[] {
  const list = module.replace(/\.wasm$/, '.d');
  return existsSync(list) ? dependenciesIn(readFileSync(list, 'utf8'), folder) : [];
}

/** The paths in `folder` of a rule of make: `/target/plugin.wasm: /src/lib.rs /src/with\ space.txt`. */
export function dependenciesIn(text: string, folder: string): readonly string[] {
  const [, rule = ''] = /^.*?\.wasm: (.*)$/m.exec(text) ?? [];
  return (rule.match(/(?:\\ |\S)+/g) ?? [])
    .map((path) => relative(folder, path.replaceAll('\\ ', ' ')))
    .filter((path) => !path.startsWith('..') && !isAbsolute(path));
}

function findCargo({ env }: Compilation): Program {
  const cargo = findProgram('cargo', env);
  if (cargo !== undefined) return [cargo];
  throw toolchainMissing(
    'cargo is not there',
    `Install Rust from https://rustup.rs, then run \`rustup target add ${target}\`.`,
  );
}

/** Paths of this machine, which panics would name, are left out, so that the bytes are the same elsewhere. */
function cargoArguments(folder: string, home: string | undefined): readonly string[] {
  const remapped = [folder, ...(home === undefined ? [] : [home])].map((path) => `--remap-path-prefix=${path}=`);
  const flags = `target.${target}.rustflags=${JSON.stringify(remapped)}`;
  return ['build', '--release', '--offline', '--target', target, '--message-format=json', '--config', flags];
}

/** Cargo prints one JSON object on each line. */
function eventsIn(stdout: string): readonly JsonObject[] {
  return stdout.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    // What cargo prints is JSON.
    const event = JSON.parse(line) as Json;
    return isJsonObject(event) ? [event] : [];
  });
}

function moduleOf(event: JsonObject): readonly string[] {
  if (event['reason'] !== 'compiler-artifact' || !Array.isArray(event['filenames'])) return [];
  return event['filenames'].filter((name): name is string => typeof name === 'string' && name.endsWith('.wasm'));
}

function messagesIn(events: readonly JsonObject[], level: 'error' | 'warning'): readonly Mistake[] {
  return events.flatMap((event) => {
    const said = event['message'];
    if (event['reason'] !== 'compiler-message' || said === undefined || !isJsonObject(said)) return [];
    // The compiler ends with one that counts the others, and has no place.
    const spans = Array.isArray(said['spans']) ? said['spans'].filter(isJsonObject) : [];
    const place = spans.find((span) => span['is_primary'] === true);
    if (said['level'] !== level || (place === undefined && said['code'] === null)) return [];
    const mistake = { message: textOf(said['message']) };
    if (place === undefined) return [mistake];
    return [
      {
        ...mistake,
        file: textOf(place['file_name']),
        line: Number(place['line_start']),
        column: Number(place['column_start']),
      },
    ];
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function failureOf(events: readonly JsonObject[], stderr: string): WaterflowFailure {
  const mistakes = messagesIn(events, 'error');
  if (mistakes.some(({ message }) => /can't find crate for `(?:core|std|alloc)`/.test(message))) {
    return toolchainMissing(
      `Rust has no standard library for ${target}`,
      `Run \`rustup target add ${target}\` once; without rustup, install your distribution's package with it.`,
    );
  }
  if (/--offline|offline mode/.test(stderr)) {
    const remedy = 'Run `cargo fetch` once where there is a network, or `cargo vendor` and commit the crates.';
    return buildFailed([{ message: firstError(stderr), remedy, file: 'Cargo.toml' }], stderr);
  }
  return buildFailed(mistakes, stderr);
}

function firstError(stderr: string): string {
  return /^error: (.+)$/m.exec(stderr)?.[1] ?? 'a crate is not in the cache';
}
