import { resolve } from 'node:path';
import type { DocumentPath, YamlDocument } from '../../runtime/documents/yaml-document.ts';
import {
  type AbsolutePath,
  isJsonObject,
  type Json,
  parseDuration,
  parseSize,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { errorsOf, failureOf } from '../failures.ts';

/** Where the values of settings come from; each wins over those below it. */
export interface SettingSources {
  /** Of the command line, by their keys. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file, where there is one; `folder` is where its relative paths begin. */
  readonly file?: { readonly document: YamlDocument; readonly folder: string };
  /** Where relative paths of the command line and the environment begin. */
  readonly cwd: string;
}

/** A setting as it holds, for people: a secret is masked. */
export interface EffectiveSetting {
  /** `limits.body` */
  readonly key: string;
  readonly value: Json;
  /** `--port`, `PORT`, `/etc/waterflow/server.yaml:3`, `default`. */
  readonly from: string;
}

/** How a setting is called outside of the file, and what it is where nobody says anything. */
export interface SettingForm<Fallback> {
  readonly flag?: string;
  /** The environment variable. An empty one counts as absent. */
  readonly environment?: string;
  readonly fallback?: Fallback;
  /** How it is shown in place of its value. */
  readonly mask?: (text: string) => string;
}

interface Found {
  readonly value: Json;
  readonly from: string;
  /** Where a relative path begins. */
  readonly folder: string;
  /** Where in the file it stands. */
  readonly path?: DocumentPath;
}

/** A configuration file: what of it can be read, and what is wrong with the rest. */
export interface OpenedFile extends NonNullable<SettingSources['file']> {
  readonly problems: readonly WaterflowError[];
}

/**
 * Reads all settings of a program, and throws all that is wrong with them at once: what is wrong with the file itself, then what is wrong
 * with values, USAGE, or INVALID_INPUT in the file, and with the files that settings name. `openFile` throws where nothing of the file can
 * be read; what the others lack it may have.
 */
export function collectSettings<Settings>(
  sources: Omit<SettingSources, 'file'>,
  openFile: () => OpenedFile | undefined,
  read: (reader: SettingReader) => Settings,
): { readonly settings: Settings; readonly effective: readonly EffectiveSetting[] } {
  const problems: WaterflowError[] = [];
  const file = caught(openFile, problems);
  problems.push(...(file?.problems ?? []));
  const isIncomplete = problems.length > 0;
  const reader = new SettingReader({ ...sources, ...(file === undefined ? {} : { file }) });
  const settings = reader.attempt(() => ({ read: read(reader) }));
  // That something is missing is a usage error: it may stand where nothing could be read.
  const isCertain = (problem: WaterflowError): boolean => reader.isAboutValue(problem) || problem.code !== 'USAGE';
  problems.push(...reader.problems.filter((problem) => !isIncomplete || isCertain(problem)));
  if (settings === undefined || problems.length > 0) throw failureOf(problems);
  return { settings: settings.read, effective: reader.effective };
}

function caught<Result>(action: () => Result, problems: WaterflowError[]): Result | undefined {
  try {
    return action();
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    problems.push(...errorsOf(cause));
    return undefined;
  }
}

/** Reads settings one by one, and remembers where each came from, and what is wrong with them. */
export class SettingReader {
  readonly #sources: SettingSources;
  readonly #seen = new Map<string, EffectiveSetting>();
  readonly #problems: WaterflowError[] = [];
  readonly #aboutValues = new WeakSet<WaterflowError>();

  /** Whoever makes one looks at `problems` in the end, as {@link collectSettings} does. */
  constructor(sources: SettingSources) {
    this.#sources = sources;
  }

  /** What was wrong with those that were read. */
  get problems(): readonly WaterflowError[] {
    return this.#problems;
  }

  /** Whether a problem is that of a value which somebody gave, whatever else there may be. */
  isAboutValue(problem: WaterflowError): boolean {
    return this.#aboutValues.has(problem);
  }

  /** Goes on where something is refused: that is remembered, and nothing read. */
  attempt<Result>(read: () => Result): Result | undefined {
    return caught(read, this.#problems);
  }

  /** All that were read, in that order. */
  get effective(): readonly EffectiveSetting[] {
    return [...this.#seen.values()];
  }

  has(key: string): boolean {
    return this.#find(key, {}) !== undefined;
  }

  text(key: string, form: SettingForm<string> & { readonly fallback: string }): string;
  text(key: string, form: SettingForm<string>): string | undefined;
  text(key: string, form: SettingForm<string>): string | undefined {
    const found = this.#find(key, form);
    this.#remember(key, found, form);
    return found === undefined ? form.fallback : textOf(found.value);
  }

  /** A whole number within bounds, both included. */
  integer(
    key: string,
    form: SettingForm<number> & { readonly fallback: number; readonly least: number; readonly most: number },
  ): number {
    const found = this.#find(key, form);
    this.#remember(key, found, form);
    if (found === undefined) return form.fallback;
    const number =
      typeof found.value === 'string' && /^\d{1,15}$/u.test(found.value) ? Number(found.value) : found.value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= form.least && number <= form.most) {
      return number;
    }
    const message = `must be a whole number from ${form.least} to ${form.most}`;
    this.#problems.push(
      this.#refuse(key, found, { message, remedy: `Write a number such as ${form.fallback}.` }).error,
    );
    return form.fallback;
  }

  /** `1h30m`, in milliseconds: from 1 to what timers hold. */
  duration(key: string, form: SettingForm<string> & { readonly fallback: string }): number {
    return this.#measure(key, form, { parse: parseDuration, what: 'a duration' });
  }

  /** `4MiB`, in bytes: at least 1. */
  size(key: string, form: SettingForm<string> & { readonly fallback: string }): number {
    return this.#measure(key, form, { parse: parseSize, what: 'a size' });
  }

  path(key: string, form: SettingForm<AbsolutePath> & { readonly fallback: AbsolutePath }): AbsolutePath;
  path(key: string, form?: SettingForm<AbsolutePath>): AbsolutePath | undefined;
  path(key: string, form: SettingForm<AbsolutePath> = {}): AbsolutePath | undefined {
    const found = this.#find(key, form);
    this.#remember(key, found, form);
    if (found === undefined) return form.fallback;
    return resolve(found.folder, textOf(found.value)) as AbsolutePath; // resolve() gives an absolute path.
  }

  /** Shows what holds of a setting of which nobody says anything, where that isn't read from here. */
  showDefault(key: string, value: string): void {
    if (!this.#seen.has(key)) this.#seen.set(key, { key, value, from: 'default' });
  }

  /** True where it says so; false where nobody says anything. */
  isSet(key: string): boolean {
    const found = this.#find(key, {});
    this.#remember(key, found, {});
    return found?.value === true;
  }

  /** As it stands there, whatever it is; a text where the command line or the environment says it. */
  json(key: string, form: SettingForm<never>): Json | undefined {
    const found = this.#find(key, form);
    this.#remember(key, found, form);
    return found?.value;
  }

  list(key: string): readonly string[] {
    const found = this.#find(key, {});
    this.#remember(key, found, { fallback: [] });
    return Array.isArray(found?.value) ? found.value.map(String) : [];
  }

  /** What is wrong with a setting that was read, and where it stands. */
  refusal(
    key: string,
    form: SettingForm<unknown>,
    problem: { readonly message: string; readonly remedy: string },
  ): WaterflowFailure {
    return this.#refuse(key, this.#find(key, form), problem);
  }

  #measure(
    key: string,
    form: SettingForm<string> & { readonly fallback: string },
    { parse, what }: { readonly parse: (text: string) => number | undefined; readonly what: string },
  ): number {
    const found = this.#find(key, form);
    this.#remember(key, found, form);
    const amount = parse(found === undefined ? form.fallback : textOf(found.value));
    if (amount !== undefined && amount > 0) return amount;
    const problem = { message: `must be ${what}`, remedy: `Write one such as ${form.fallback}.` };
    this.#problems.push(this.#refuse(key, found, problem).error);
    // Nobody sees it: who asks for problems gets this one.
    return 1;
  }

  #find(key: string, { flag, environment }: SettingForm<unknown>): Found | undefined {
    const { flags, env, file, cwd } = this.#sources;
    const given = flag === undefined ? undefined : flags[flag];
    if (given !== undefined) return { value: given, from: `--${flag}`, folder: cwd };
    const set = environment === undefined ? undefined : env[environment];
    if (set !== undefined && set !== '') return { value: set, from: environment ?? '', folder: cwd };
    if (file === undefined) return undefined;
    const path = key.split('.');
    const value = valueAt(file.document.value, path);
    if (value === undefined) return undefined;
    return { value, from: `${file.document.file}:${file.document.lineOf(path)}`, folder: file.folder, path };
  }

  #remember(key: string, found: Found | undefined, { fallback, mask }: SettingForm<unknown>): void {
    const value = found?.value ?? fallback;
    if (value === undefined) return;
    // Fallbacks are texts, numbers and lists of texts.
    const json = value as Json;
    this.#seen.set(key, { key, value: mask?.(textOf(json)) ?? json, from: found?.from ?? 'default' });
  }

  #refuse(
    key: string,
    found: Found | undefined,
    { message, remedy }: { readonly message: string; readonly remedy: string },
  ): WaterflowFailure {
    const { file } = this.#sources;
    const inFile = found?.path !== undefined && file !== undefined;
    const error: WaterflowError = inFile
      ? file.document.error({ path: found.path, part: 'value' }, { message: `\`${key}\` ${message}`, remedy })
      : { code: 'USAGE', message: `${found?.from ?? key} ${message}`, remedy };
    if (found !== undefined) this.#aboutValues.add(error);
    return new WaterflowFailure(error);
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What `path` leads to in a value; undefined where nothing stands there. */
export function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let node: Json | undefined = value;
  for (const step of path) {
    if (!isJsonObject(node) || !Object.hasOwn(node, step)) return undefined;
    node = node[step];
  }
  return node;
}
