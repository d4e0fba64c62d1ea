/** The least entries for calls of docker. */
import { isJsonList, isJsonObject, type JsonObject } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';
import { givenKeys, type Observation } from './observation.ts';

/** What a container asks for shows in many arguments, so the ways to allow it are tried, the least first. */
export function dockerEntries(args: JsonObject, seen: Observation, { operation }: HostCall): readonly JsonObject[] {
  const { secrets } = givenKeys(seen);
  const given: JsonObject = secrets === undefined ? {} : { secrets };
  if (operation === 'login') {
    const { registry } = args;
    // Of images a login needs none; the pattern names their registry, and the entry lets nothing be done with them.
    return typeof registry === 'string' && !registry.includes('*')
      ? [{ images: [`${registry}/*`], operations: ['login'], ...given }]
      : [];
  }
  const { image = seen.started?.['image'], tag, ports } = args;
  const named = typeof image === 'string' ? image : tag;
  if (typeof named !== 'string' || named.includes('*')) return [];
  const published = isJsonList(ports) ? ports.flatMap((port) => (isJsonObject(port) ? (port['host'] ?? []) : [])) : [];
  const entry: JsonObject = { images: [named], ...given, ...(published.length === 0 ? {} : { ports: published }) };
  const ways: readonly (readonly JsonObject[])[] = [
    [{ operations: [operation] }, { operations: ['run'] }, { operations: ['compose'] }],
    [{}, { network: 'run' }, { network: 'bridge' }],
    [{}, { mounts: ['workspace'] }, { mounts: ['volume'] }, { mounts: ['workspace', 'volume'] }],
    [{}, { user: 'any' }],
  ];
  return ways.reduce<readonly JsonObject[]>(
    (entries, choices) => entries.flatMap((one) => choices.map((choice) => ({ ...one, ...choice }))),
    [entry],
  );
}

/** The container in which a call runs something, as a call that makes it: whoever runs a program in it has what it has. */
export function containerOf({ operation, args }: HostCall, { started }: Observation): HostCall | undefined {
  if (started === undefined || operation !== 'exec') return undefined;
  const user = isJsonObject(args) ? (args['user'] ?? started['user']) : undefined;
  const { ports: _ports, name: _name, ...made } = started;
  return { capability: 'docker', operation: 'start', args: { ...made, ...(user === undefined ? {} : { user }) } };
}
