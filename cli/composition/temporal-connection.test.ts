import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, apiKeyBefore, authority, tlsBefore } from '../../e2e/before-temporal.ts';
import { folderWith } from '../../e2e/command.ts';
import { needs } from '../../e2e/require.ts';
import { startTemporal, type TestTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { textStream } from '../testing/terminal.ts';
import type { TemporalSettings, TlsSettings } from './temporal-settings.ts';
import { connectTo } from './agent-connection.ts';
import { openServerLog } from './server-log.ts';

const isThere = await needs('temporal');
let temporal: TestTemporal;
beforeAll(async () => {
  if (isThere) temporal = await startTemporal();
});
afterAll(() => temporal?.[Symbol.asyncDispose]());

interface Place {
  /** Behind which TLS for clients with certificates is, or a check of API keys. */
  readonly mutual: string;
  readonly cloud: string;
  readonly tls: Required<TlsSettings>;
  /** Certificates of somebody else. */
  readonly other: string;
}

async function place(): Promise<Place> {
  const own = authority();
  for (const name of ['server', 'client']) own.issue(name);
  const { host: mutual } = await tlsBefore(temporal.address, own.folder);
  const { host: cloud } = await apiKeyBefore(temporal.address, own.folder, 'the-key');
  const other = authority();
  other.issue('client');
  return { mutual, cloud, tls: tlsOf(own), other: other.folder };
}

function tlsOf({ folder }: Authority): Required<TlsSettings> {
  const file = (name: string): AbsolutePath => join(folder, name) as AbsolutePath; // The folder of a test is absolute.
  return {
    ca: file('ca.pem'),
    client: { cert: file('client.pem'), key: file('client.key') },
    serverName: 'temporal.test',
  };
}

/** What the log says first of a connection that comes to nothing; undefined where there is one. */
async function complaint(settings: TemporalSettings): Promise<unknown> {
  const leaving = new AbortController();
  const said = Promise.withResolvers<unknown>();
  const stderr = {
    ...textStream(),
    write: (text: string) => {
      said.resolve(JSON.parse(text));
      leaving.abort();
    },
  };
  const log = openServerLog({ stderr, now: Date.now }, { level: 'info', form: 'json' });
  const connection = await connectTo(settings, { log, signal: leaving.signal });
  await connection?.close();
  return connection === undefined ? await said.promise : undefined;
}

/** What is wrong, and what the log says of it. */
const mistakes: readonly (readonly [string, (at: Place) => Partial<TemporalSettings>, unknown, RegExp, RegExp])[] = [
  [
    'an address where nobody is',
    () => ({ host: '127.0.0.1:1' }),
    'SERVER_UNAVAILABLE',
    /nobody listens/u,
    /TEMPORAL_HOST/u,
  ],
  [
    'a name that nobody has',
    () => ({ host: 'nowhere.invalid' }),
    'SERVER_UNAVAILABLE',
    /name is not known/u,
    /TEMPORAL_HOST/u,
  ],
  [
    'a namespace that is not there',
    () => ({ namespace: 'absent' }),
    'NOT_FOUND',
    /no namespace absent/u,
    /namespace create/u,
  ],
  [
    'TLS where there is none',
    ({ tls }) => ({ tls }),
    'SERVER_UNAVAILABLE',
    /does not speak TLS/u,
    /Leave out `temporal.tls`/u,
  ],
  ['no TLS where there is', ({ mutual: host }) => ({ host }), 'SERVER_UNAVAILABLE', /hangs up/u, /TEMPORAL_TLS_CA/u],
  [
    'no certificate of its own',
    ({ mutual: host, tls: { ca, serverName } }) => ({ host, tls: { ca, serverName } }),
    // Whether it says so before it hangs up is a matter of moments.
    expect.stringMatching(/^(?:UNAUTHENTICATED|SERVER_UNAVAILABLE)$/u),
    /wants a certificate|hangs up/u,
    /certificate.*temporal.tls.cert/u,
  ],
  [
    'another authority',
    ({ mutual: host, tls, other }) => ({ host, tls: { ...tls, ca: join(other, 'ca.pem') as AbsolutePath } }),
    'SERVER_UNAVAILABLE',
    /not trusted/u,
    /temporal.tls.ca/u,
  ],
  [
    'no name of the server',
    ({ mutual: host, tls: { ca, client } }) => ({ host, tls: { ca, client } }),
    'SERVER_UNAVAILABLE',
    /another name/u,
    /server-name/u,
  ],
  [
    'the key of another certificate',
    ({ mutual: host, tls, other }) => ({
      host,
      tls: { ...tls, client: { ...tls.client, key: join(other, 'client.key') as AbsolutePath } },
    }),
    'INVALID_INPUT',
    /do not belong together/u,
    /its own key/u,
  ],
  [
    'no API key',
    ({ cloud: host, tls: { ca, serverName } }) => ({ host, tls: { ca, serverName } }),
    'UNAUTHENTICATED',
    /wants an API key/u,
    /TEMPORAL_API_KEY/u,
  ],
  [
    'a wrong API key',
    ({ cloud: host, tls: { ca, serverName } }) => ({ host, tls: { ca, serverName }, apiKey: 'another' }),
    'UNAUTHENTICATED',
    /does not take the API key/u,
    /TEMPORAL_API_KEY/u,
  ],
  [
    'an API key in clear',
    () => ({ apiKey: 'the-key' }),
    'SERVER_UNAVAILABLE',
    /does not speak TLS/u,
    /API key is sent/u,
  ],
];

describe.skipIf(!isThere)('connecting to Temporal', { timeout: 60_000 }, () => {
  it.each(mistakes)('says what is wrong with %s, and what to do', async (_, mistake, code, reason, remedy) => {
    const settings = { host: temporal.address, namespace: 'default', ...mistake(await place()) };
    expect(await complaint(settings)).toMatchObject({
      level: 'warn',
      message: 'Temporal is not reached; trying again until it is',
      code,
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(remedy),
    });
  });

  it('works with what each of them asks for', async () => {
    const { mutual, cloud, tls } = await place();
    const { ca, serverName } = tls;
    const namespace = 'default';
    expect(await complaint({ host: mutual, namespace, tls })).toBeUndefined();
    expect(await complaint({ host: cloud, namespace, tls: { ca, serverName }, apiKey: 'the-key' })).toBeUndefined();
  });

  it('makes a namespace that is not there, where it is told to', async () => {
    const settings = { host: temporal.address, namespace: 'made', createNamespaceMs: 86_400_000 };
    expect(await complaint(settings)).toBeUndefined();
    expect(await complaint({ host: temporal.address, namespace: 'made' })).toBeUndefined();
  });

  it('does not begin with a file that is not there', async () => {
    const folder = folderWith({});
    const client = { cert: join(folder, 'none.pem'), key: join(folder, 'none.key') } as TlsSettings['client'] & object;
    const log = openServerLog({ stderr: textStream(), now: Date.now }, { level: 'info', form: 'json' });
    const connecting = connectTo(
      { host: temporal.address, namespace: 'default', tls: { client } },
      { log, signal: new AbortController().signal },
    );
    await expect(connecting).rejects.toMatchObject({ error: { code: 'FILE_NOT_READABLE', file: client.cert } });
    // So that nobody but its owner's group can read it.
    const apiKeyFile = join(folder, 'api-key') as AbsolutePath;
    writeFileSync(apiKeyFile, 'the-key', { mode: 0o644 });
    const open = connectTo(
      { host: temporal.address, namespace: 'default', apiKeyFile },
      { log, signal: new AbortController().signal },
    );
    await expect(open).rejects.toMatchObject({ error: { remedy: expect.stringContaining('chmod') } });
  });
});
