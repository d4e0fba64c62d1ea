import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Samples, triggered, workflows } from './samples.ts';
import type { FuzzedServer } from './server.ts';

/** With what requests authenticate. */
export type Authentication = 'none' | 'bearer' | 'api-key';

/** What is not looked for as schemathesis would by itself, each with its reason. */
const statedChecks = `
# 422 is how HTTP says that it understands a content that it can't carry out (RFC 9110, 15.5.21): whether a text is a workflow,
# a time or an expression of cron is beyond a JSON Schema.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]

# What is too long by far is refused for its length, before anybody looks at what it says: 413 and 431.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "431", "5xx"]
`;

/** Values beside made-up ones, by parameters and by the operations that have them. */
interface Bound {
  readonly paths: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const bound: readonly Bound[] = [
  { paths: '^/v1/workflows/.id.', parameters: { 'path.id': 'runs' } },
  { paths: '^/v1/schedules/.id.', parameters: { 'path.id': 'schedules' } },
  { paths: '^/v1/webhooks/.id.', parameters: { 'path.id': 'webhooks' } },
  { paths: '^/v1/keys/.id.', parameters: { 'path.id': 'keys' } },
  { paths: '^/v1/nodes/.name.', parameters: { 'path.name': 'nodes' } },
  { paths: '^/v1/(workflows|validate)$', parameters: { 'body.workflow': 'workflows' } },
  { paths: '^/v1/webhooks', parameters: { 'body.workflow': 'triggered' } },
  {
    paths: '^/v1/schedules',
    parameters: { 'body.workflow': 'triggered', 'body.cron': 'crons', 'body.timezone': 'timezones' },
  },
  { paths: '/signals$', parameters: { 'body.name': 'signals' } },
];

/** So often a value is one of these; else it is made up. */
const boundShare = 0.6;

/** Writes the files that configure schemathesis for one round into `folder`; gives the main one. */
export function writeSettings(
  folder: string,
  {
    server,
    samples,
    authentication,
  }: {
    readonly server: FuzzedServer;
    readonly samples: Samples;
    readonly authentication: Authentication;
  },
): string {
  const file = join(folder, 'schemathesis.toml');
  const users = join(folder, 'users.json');
  writeFileSync(users, JSON.stringify(usersOf(server, authentication)));
  const dictionaries = {
    ...samples,
    workflows,
    triggered: [triggered],
    nodes: ['run', 'http@v1', 'sleep@1.0.0', 'approval'],
    crons: ['0 6 * * *', '@hourly', '*/5 0-4 1,15 jan mon-fri'],
    timezones: ['UTC', 'Europe/Berlin', 'America/St_Johns'],
    signals: ['go'],
  };
  writeFileSync(
    file,
    [
      `hooks = ${text(join(import.meta.dirname, 'hooks.py'))}`,
      // Runs that wait have streams without an end: of one so much is read.
      'max-stream-events = 5',
      'continue-on-failure = true',
      statedChecks,
      ...(authentication === 'none' ? [] : authenticated(users)),
      ...Object.entries(dictionaries).map(
        ([name, values]) => `[dictionaries.${name}]\nvalues = [${values.map(text).join(', ')}]\n`,
      ),
      ...bound.map(operations),
    ].join('\n'),
  );
  return file;
}

/** Both tenants' admins: what belongs to one must not be shown to the other. */
function authenticated(users: string): readonly string[] {
  return [
    '[generation]',
    // Credentials of our own are sent; the check `ignored_auth` tries without, and with others.
    'with-security-parameters = false',
    '[auth.wfc]',
    `path = ${text(users)}`,
    'user = "own"',
    'peers = ["own", "other"]',
  ];
}

/** Web Fuzzing Commons' form of users. */
function usersOf({ keys }: FuzzedServer, authentication: Authentication): object {
  const user = (name: 'own' | 'other'): object => ({ name, fixedHeaders: [headerOf(keys[name], authentication)] });
  return { auth: [user('own'), user('other')] };
}

function headerOf(key: string, authentication: Authentication): { readonly name: string; readonly value: string } {
  return authentication === 'bearer'
    ? { name: 'Authorization', value: `Bearer ${key}` }
    : { name: 'X-API-Key', value: key };
}

function operations({ paths, parameters }: Bound): string {
  const lines = Object.entries(parameters).map(
    ([name, dictionary]) => `${text(name)} = { dictionary = ${text(dictionary)}, probability = ${boundShare} }`,
  );
  return `[[operations]]\ninclude-path-regex = ${text(paths)}\n[operations.parameters]\n${lines.join('\n')}\n`;
}

/** A basic string of TOML, whose escapes are those of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}
