/**
 * The least entry that allows one call: what `grants explain` proposes and what `policy learn` makes of a record. Each proposal is
 * tried against the call before it is given out, by the capability's own grammar.
 */
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { searchPath } from '../capabilities/env/names.ts';
import { quotePathPattern } from '../capabilities/fs/glob.ts';
import { splitPath } from '../capabilities/fs/path.ts';
import type { FsDemand } from '../capabilities/fs/rules.ts';
import { safeHeaders } from '../capabilities/net/headers.ts';
import { capabilities } from '../capabilities/table.ts';
import type { HostCall } from '../host-call.ts';
import { checkEntry } from './entries.ts';
import { fileOf } from './implied-calls.ts';
import { demandsOf } from './match.ts';
import { givenKeys, type Observation } from './observation.ts';
import { holdsExpression } from './substitute.ts';
import { containerOf, dockerEntries } from './tightest-docker.ts';
import { mailEntries, sshEntries } from './tightest-hosts.ts';

/** The entry, in the capability's own form; a problem says why there is none that a machine should write. */
export type Tightest = { readonly entry: JsonObject } | { readonly problem: string };

/** The least entry of the call's own capability; what `impliedCalls()` says may need more of fs. */
export function tightestEntry(call: HostCall, seen: Observation = {}): Tightest {
  const make = Object.hasOwn(makers, call.capability) ? makers[call.capability] : undefined;
  if (make === undefined) return { problem: `an entry for ${call.capability} is best written by hand` };
  if (isVolumeCall(call)) return { problem: 'the entry for a container that mounts the volume allows it' };
  const candidates = make(isJsonObject(call.args) ? call.args : {}, seen, call);
  const container = containerOf(call, seen);
  const entry = candidates.find(
    (candidate) =>
      allows(candidate, call) && (container === undefined || allows({ ...candidate, operations: ['run'] }, container)),
  );
  if (entry === undefined) return { problem: 'no entry could be found that allows exactly this call' };
  // A policy's entries are evaluated with the plugin's inputs.
  return holdsExpression(JSON.stringify(entry)) ? { problem: 'an argument holds `${{`' } : { entry };
}

function isVolumeCall({ capability, operation }: HostCall): boolean {
  return capability === 'docker' && ['create_volume', 'remove_volume'].includes(operation);
}

/** Entries to try, the least first; none where the arguments don't say enough. */
type Maker = (args: JsonObject, seen: Observation, call: HostCall) => readonly JsonObject[];

const makers: Readonly<Record<string, Maker>> = {
  net: netEntry,
  exec: execEntry,
  fs: fsEntry,
  secrets: secretsEntry,
  store: storeEntry,
  docker: dockerEntries,
  ssh: sshEntries,
  mail: mailEntries,
  env: envEntry,
};

function netEntry(args: JsonObject, seen: Observation): readonly JsonObject[] {
  const text = args['url'];
  if (typeof text !== 'string' || !URL.canParse(text)) return [];
  const url = new URL(text);
  const method = typeof args['method'] === 'string' ? args['method'].toUpperCase() : 'GET';
  const headers = (isJsonObject(args['headers']) ? Object.keys(args['headers']) : [])
    .map((name) => name.toLowerCase())
    .filter((name) => !safeHeaders.has(name));
  // A `*` would be a pattern; a `?` at the end allows no query, where nothing would allow any.
  const path = url.pathname.replaceAll('*', '%2A');
  const entry = {
    url: `${url.origin}${path}${url.search === '' ? '?' : url.search}`,
    methods: [method],
    ...(headers.length === 0 ? {} : { headers: [...new Set(headers)].sort() }),
    ...(typeof args['proxy'] === 'string' ? { proxies: [args['proxy']] } : {}),
    ...givenKeys(seen),
  };
  // An address that is written in the URL may be a private one.
  return [entry, { ...entry, private: true }];
}

function execEntry(args: JsonObject, seen: Observation): readonly JsonObject[] {
  const { command, env, files } = args;
  if (typeof command !== 'string' || command === '*') return [];
  const given = isJsonList(args['args']) ? args['args'] : [];
  const items = given.map((arg): Json | undefined =>
    typeof arg === 'string' ? arg : fileOf(arg) === undefined ? undefined : { type: 'file' },
  );
  // An argument that was too long to be kept is an object of another form.
  if (items.includes(undefined)) return [];
  const variables = [
    ...(isJsonObject(env) ? Object.keys(env) : []),
    ...(isJsonObject(files) ? Object.values(files).flatMap(variablesOf) : []),
    ...(args['step_env'] === true ? ['step'] : []),
  ];
  const egress = [...new Set(seen.egress)].sort();
  const entry = {
    command,
    ...(items.length === 0 ? {} : { args: items.flatMap((item) => item ?? []) }),
    ...(variables.length === 0 ? {} : { env: [...new Set(variables)].sort() }),
    ...(seen.profile === 'host' ? { profile: 'host' } : {}),
    ...(egress.length === 0 ? {} : { egress }),
    ...givenKeys(seen),
  };
  return [entry];
}

function variablesOf(file: Json): readonly string[] {
  const env = isJsonObject(file) ? file['env'] : undefined;
  return typeof env === 'string' ? [env] : isJsonList(env) ? env.filter((name) => typeof name === 'string') : [];
}

/** Of calls that may be about folders: which of their paths stand for all that is in them, too. */
const wholeFolders: Readonly<Record<string, readonly string[]>> = {
  remove: ['path'],
  copy: ['from', 'to'],
  move: ['from', 'to'],
  pack: ['from'],
  unpack: ['to'],
};

function fsEntry(args: JsonObject, _seen: Observation, call: HostCall): readonly JsonObject[] {
  const operation = capabilities.get('fs')?.operations[call.operation];
  if (operation === undefined) return [];
  const granted: Record<'read' | 'write', string[]> = { read: [], write: [] };
  const { pattern } = args;
  if (call.operation === 'glob') return typeof pattern === 'string' ? [{ read: pattern }] : [];
  const whole = (wholeFolders[call.operation] ?? []).map((key) => args[key]);
  // Demands of fs are all of this form.
  for (const { access, path } of demandsOf(operation, call) as readonly FsDemand[]) {
    const split = splitPath(path);
    if ('problem' in split) return [];
    const quoted = split.names.map(quotePathPattern).join('/');
    const inside = quoted === '' ? '' : `${quoted}/`;
    const list = granted[access === 'write' ? 'write' : 'read'];
    // A list shows what may be read itself.
    if (access === 'list' && !whole.includes(path)) list.push(`${inside}*`);
    else list.push(quoted === '' ? '.' : quoted);
    if (whole.includes(path)) list.push(`${inside}**`);
  }
  const field = (name: 'read' | 'write'): JsonObject => {
    const [first, ...others] = granted[name];
    return first === undefined ? {} : { [name]: others.length === 0 ? first : granted[name] };
  };
  return [{ ...field('read'), ...field('write') }];
}

function secretsEntry({ name }: JsonObject): readonly JsonObject[] {
  return typeof name === 'string' ? [{ names: [name] }] : [];
}

function envEntry({ variables }: JsonObject, _seen: Observation, { operation }: HostCall): readonly JsonObject[] {
  if (operation === 'add_path') return [{ names: [searchPath] }];
  const names = isJsonObject(variables) ? Object.keys(variables).sort() : [];
  return names.length === 0 ? [] : [{ names }];
}

/** A list is of all keys that begin so; without a beginning, of all. */
/** A record doesn't say how much there was to be room for. */
const archivesSize = '10GiB';

function storeEntry({ key, prefix }: JsonObject, _seen: Observation, { operation }: HostCall): readonly JsonObject[] {
  if (operation === 'list') return [{ keys: [`${typeof prefix === 'string' ? prefix : ''}*`] }];
  if (operation === 'saved')
    return [{ keys: [`${typeof prefix === 'string' ? prefix : ''}*`], archives: archivesSize }];
  if (operation === 'save' || operation === 'load')
    return typeof key === 'string' ? [{ keys: [key], archives: archivesSize }] : [];
  return typeof key === 'string' && !key.includes('*') ? [{ keys: [key] }] : [];
}

/** Whether the entry is right, and a rule that each demand of the call meets. */
function allows(entry: JsonObject, call: HostCall): boolean {
  const capability = capabilities.get(call.capability);
  const operation = capability?.operations[call.operation];
  if (capability === undefined || operation === undefined || checkEntry(capability, entry).length > 0) return false;
  const parsed = capability.parse(entry);
  return 'rule' in parsed && demandsOf(operation, call).every((demand) => operation.check(parsed.rule, demand).matches);
}
