/** Sites without a network, installed from a bundle, run, upgraded with runs in flight, taken back, and removed. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { newQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { type Authority, authority } from '../before-temporal.ts';
import { root } from '../command.ts';
import { ask, reaches, ready, type SiteServer, submit } from './client.ts';
import { beginRuns, endRuns } from './in-flight.ts';
import { addressOf, connectMachines, Machine, whyNoMachines } from './machine.ts';

const { scratch, versions, bundles, publicKey, trust, pluginDigest } = inject('site');
const [older, newer] = versions;
const reason = whyNoMachines();
if (reason !== undefined) throw new Error(reason);

const times: string[] = [];
afterAll(() => process.stdout.write(`${times.join('\n')}\n`));
const tell = (what: string, since: number): void =>
  void times.push(`${what}: ${((performance.now() - since) / 1000).toFixed(1)} s`);

/** A machine with the bundles on a stick, and what it had before. */
async function machineWith(
  name: string,
): Promise<{ readonly machine: Machine; readonly before: ReadonlyMap<string, string> }> {
  const machine = new Machine(name, scratch);
  onTestFinished(() => machine.off());
  await machine.boot();
  machine.bring(...bundles, publicKey, trust);
  return { machine, before: machine.files() };
}

const example = (name: string): string => readFileSync(join(root, 'examples', name), 'utf8');
/** What a site's operator types: the bundle is unpacked in root's home folder. */
const unpack = (version: string): string => `tar --zstd --extract --file /srv/${version}.tar.zst --directory /root`;
const installer = (version: string): string => `/root/waterflow-site-${version}/install.sh`;
const signed = '--key /srv/site.pub';

/** What differs from before, but for what systemd and the tools for users keep for themselves. */
function left({ machine, before }: Awaited<ReturnType<typeof machineWith>>): readonly string[] {
  const own =
    /^(?:var\/(?:log\/journal|lib\/systemd|tmp\/systemd-|cache)|root\/waterflow-site-|etc\/(?:\.pwd\.lock|machine-id|(?:passwd|group|shadow|gshadow|sub[ug]id)-))/u;
  const after = machine.files();
  const gone = [...before.keys()].filter((path) => !after.has(path));
  const changed = [...after].filter(([path, content]) => before.get(path) !== content).map(([path]) => path);
  return [...gone, ...changed].filter((path) => !own.test(path));
}

/** The version that a machine's command, and its services, are of. */
const versionOn = async (machine: Machine): Promise<string> =>
  (await machine.run('waterflow --version --json | sed "s/.*\\"version\\":\\"\\([^\\"]*\\).*/\\1/"')).trim();

const expectAllGreen = (ends: ReadonlyMap<string, readonly string[]>): void => {
  const counted = [...ends].map(
    ([what, statuses]) => `${statuses.length} ${what}: ${[...new Set(statuses)].join(', ')}`,
  );
  times.push(...counted.map((line) => `  ${line}`));
  expect([...ends.values()].flat()).toEqual(Array.from({ length: 20 }, () => 'success'));
};

describe('a site without a network', () => {
  it('is one machine with the embedded engine', async () => {
    const place = await machineWith('alone');
    const { machine } = place;
    const server: SiteServer = { machine, url: 'http://127.0.0.1:8080', curl: '' };
    expect(await machine.run('ip route; ip -brief link | grep -v ^lo || true')).toBe('');

    const began = performance.now();
    await machine.run(unpack(older));
    await machine.run(`${installer(older)} server ${signed} --trust /srv/trust.yaml --approve ${pluginDigest}`);
    await ready(server);
    const hello = await reaches(server, await submit(server, example('hello.yml')));
    tell('alone, from the bundle to the first green run', began);
    expect(hello.status).toBe('success');
    expect(await machine.run('systemctl is-active waterflow-server')).toBe('active\n');
    expect((await reaches(server, await submit(server, greeting))).status).toBe('success');

    await machine.run(unpack(newer));
    const runs = await beginRuns(server, 'local');
    const upgraded = performance.now();
    await machine.run(`waterflow bundle verify /srv/${newer}.tar.zst ${signed} --installed ${older}`);
    await machine.run(`${installer(newer)} upgrade ${signed}`);
    await ready(server);
    tell('alone, the upgrade', upgraded);
    expect(await versionOn(machine)).toBe(newer);
    times.push('alone, 20 runs in flight at the upgrade:');
    expectAllGreen(await endRuns(server, runs));

    const refused = await machine.try(`${installer(older)} upgrade ${signed}`);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('rollback') });
    await machine.run('/opt/waterflow/install.sh rollback');
    await ready(server);
    expect(await versionOn(machine)).toBe(older);
    expect((await reaches(server, String(runs[0]?.run))).status).toBe('success');
    expect((await reaches(server, await submit(server, example('hello.yml')))).status).toBe('success');

    await restoresItsState(server);
    await losesAPlugin(server);
    await changesItsKey(server);

    await machine.run('/opt/waterflow/install.sh uninstall --purge');
    expect(left(place)).toEqual([]);
    expect(await machine.run('systemctl list-units --all --no-legend "waterflow*"')).toBe('');
  });

  it('is a server with Temporal, and two agents on machines of their own', async () => {
    const places = [await machineWith('main'), await machineWith('web-1'), await machineWith('web-2')] as const;
    const [main, ...agents] = places.map(({ machine }) => machine);
    if (main === undefined) throw new Error('there are three');
    await connectMachines([main, ...agents]);
    const by = authority();
    by.issue('server', `IP:${addressOf(0)}`);
    by.issue('temporal', 'DNS:temporal.site');
    const queueKey = await newQueueKey();
    const curl = `--cacert /etc/waterflow/ca.pem --header "authorization: Bearer $(cat /etc/waterflow/keys/server-admin-key)"`;
    const server: SiteServer = { machine: main, url: `https://${addressOf(0)}:8443`, curl };

    const began = performance.now();
    bringFiles(main, by, ['ca.pem', 'server.pem', 'server.key', 'temporal.pem', 'temporal.key']);
    writeFileSync(join(main.folder, 'srv', 'server.yaml'), serverSettings(queueKey.publicKey));
    await main.run(`install -d /etc/waterflow; install -m 644 /srv/pki/*.pem /etc/waterflow/; ${unpack(older)}`);
    const temporalTls =
      '--set TEMPORAL_TLS_CA=/etc/waterflow/ca.pem --set TEMPORAL_TLS_SERVER_NAME=temporal.site --key-file temporal-tls-key=/srv/pki';
    const at = `--set TEMPORAL_HOST=${addressOf(0)}`;
    await main.run(
      `${installer(older)} temporal ${signed} ${at} --set TEMPORAL_TLS_CERT=/etc/waterflow/temporal.pem ${temporalTls}/temporal.key`,
    );
    await main.run(
      `${installer(older)} server ${signed} --config /srv/server.yaml --key-file tls-key=/srv/pki/server.key --key-file temporal-tls-key=/srv/pki/server.key`,
    );
    await ready(server);
    tell('server and Temporal, from the bundle until they are ready', began);

    for (const [index, agent] of agents.entries()) {
      const { key } = (await ask(server, '/v1/keys', { name: agent.name, role: 'agent' })) as { readonly key: string }; // As the API says.
      by.issue(agent.name, `IP:${addressOf(index + 1)}`);
      bringFiles(agent, by, ['ca.pem', `${agent.name}.pem`, `${agent.name}.key`]);
      writeFileSync(join(agent.folder, 'srv', 'pki', 'server-key'), `${key}\n`);
      writeFileSync(join(agent.folder, 'srv', 'pki', 'queue-keys'), `${queueKey.privateKey}\n`);
      await agent.run(`install -d /etc/waterflow; install -m 644 /srv/pki/*.pem /etc/waterflow/; ${unpack(older)}`);
      await agent.run(
        `${installer(older)} agent ${signed} --set TASK_QUEUES=web=20,local=20 ${at}:7233 --set TEMPORAL_TLS_CERT=/etc/waterflow/${agent.name}.pem ${temporalTls}/${agent.name}.key --set WATERFLOW_SERVER_URL=${server.url} --set WATERFLOW_SERVER_TLS_CA=/etc/waterflow/ca.pem --key-file server-key=/srv/pki/server-key --key-file queue-keys=/srv/pki/queue-keys --trust /srv/trust.yaml --approve all`,
      );
    }
    await agentsAre(server, ['web-1', 'web-2']);
    const fleet = await submit(server, example('deploy-fleet.yml'), { inputs: { version: 'v2' } });
    const deployed = await reaches(server, fleet);
    tell('with two agents, from the bundle to the first green run', began);
    expect(deployed.status, JSON.stringify(deployed)).toBe('success');
    const log = await logOf(server, fleet);
    for (const name of ['web-1', 'web-2']) expect(log).toContain(`installing v2 on ${name}`);
    expect((await reaches(server, await submit(server, secretly, { secrets: { TOKEN: 'abcdefgh' } }))).status).toBe(
      'success',
    );

    await main.run(`echo '# Of ${older}.' >> /opt/waterflow/${older}/systemd/waterflow-server.service`);
    for (const agent of agents)
      await agent.run(`echo '# Of ${older}.' >> /opt/waterflow/${older}/systemd/waterflow-agent.service`);
    for (const machine of [main, ...agents]) await machine.run(unpack(newer));
    const runs = await beginRuns(server, 'web');
    const upgraded = performance.now();
    for (const machine of [main, ...agents]) await machine.run(`${installer(newer)} upgrade ${signed}`);
    await ready(server);
    await agentsAre(server, ['web-1', 'web-2']);
    tell('with two agents, the upgrade of all three', upgraded);
    for (const machine of [main, ...agents]) expect(await versionOn(machine)).toBe(newer);
    times.push('with two agents, 20 runs in flight at the upgrade:');
    expectAllGreen(await endRuns(server, runs));

    for (const machine of [...agents, main]) await machine.run('/opt/waterflow/install.sh rollback');
    await ready(server);
    await agentsAre(server, ['web-1', 'web-2']);
    for (const [role, machine] of [['server', main], ...agents.map((agent) => ['agent', agent] as const)] as const) {
      expect(await versionOn(machine)).toBe(older);
      expect(await machine.run(`systemctl cat waterflow-${role}`)).toContain(`\n# Of ${older}.\n`);
    }
    expect((await reaches(server, fleet)).status).toBe('success');
    expect((await reaches(server, await submit(server, example('deploy-fleet.yml')))).status).toBe('success');

    await restoresBoth(server, main);
    await leavesOtherRolesAlone(main);
    await exchangesAKey(server, main, agents[0] ?? main);
    for (const place of places) {
      await place.machine.run('/opt/waterflow/install.sh uninstall --purge');
      expect(left(place), place.machine.name).toEqual([]);
    }
  });
});

async function restoresItsState(server: SiteServer): Promise<void> {
  const { machine } = server;
  const state = '--state /var/lib/waterflow-server';
  await machine.run(`waterflow backup ${state} --out /root/site.tar.gz && waterflow backup verify /root/site.tar.gz`);
  const later = await submit(server, example('hello.yml'));
  await reaches(server, later);
  await machine.run('systemctl stop waterflow-server');
  await machine.run(`waterflow restore /root/site.tar.gz ${state} --force && rm /root/site.tar.gz`);
  await machine.run('systemctl start waterflow-server');
  await ready(server);
  await expect(ask(server, `/v1/workflows/${later}`)).rejects.toThrow('404');
  expect((await reaches(server, await submit(server, example('hello.yml')))).status).toBe('success');
}

/** A run that waits in Temporal is in the backups of the records and of Temporal, and goes on once both are restored. */
async function restoresBoth(server: SiteServer, main: Machine): Promise<void> {
  const asks = 'name: asks\non: manual\njobs: { ask: { runs-on: web, steps: [{ uses: approval@v1 }] } }\n';
  const waits = await submit(server, asks);
  expect((await reaches(server, waits, ['waiting'])).status).toBe('waiting');
  const state = '--state /var/lib/waterflow-server';
  const services = 'waterflow-temporal waterflow-server';
  await main.run(`systemctl stop ${services}; waterflow backup ${state} --out /root/site.tar.gz
    tar -C /var/lib -czf /root/temporal.tar.gz waterflow-temporal; systemctl start ${services}`);
  await ready(server);
  const later = await submit(server, example('hello.yml'));
  const restored = await main.run(`systemctl stop ${services}; rm -r /var/lib/waterflow-temporal/*
    waterflow restore /root/site.tar.gz ${state} --force; tar -C /var/lib -xzf /root/temporal.tar.gz
    rm /root/site.tar.gz /root/temporal.tar.gz; systemctl start ${services}`);
  expect(restored).toContain('went on in Temporal');
  await ready(server);
  await expect(ask(server, `/v1/workflows/${later}`)).rejects.toThrow('404');
  await ask(server, `/v1/workflows/${waits}/approvals`, { decision: 'approve' });
  expect((await reaches(server, waits, ['success'])).status).toBe('success');
}

/** A role that comes, is refused its settings, or goes, restarts no other one. */
async function leavesOtherRolesAlone(main: Machine): Promise<void> {
  const processOf = (role: string): Promise<string> =>
    main.run(`systemctl show --property MainPID --value waterflow-${role}`);
  const before = [await processOf('temporal'), await processOf('server')];
  // Its Temporal is not there: it tries again and again.
  await main.run(`${installer(older)} agent ${signed} --set TASK_QUEUES=spare`);
  expect(await main.run('systemctl is-active waterflow-agent')).toBe('active\n');
  const refused = await main.try('/opt/waterflow/install.sh configure server --set PORT=many');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('PORT must be a whole number') });
  await main.run('/opt/waterflow/install.sh uninstall agent --purge');
  expect(await main.run('/opt/waterflow/install.sh status')).toContain('roles: temporal server \n');
  expect([await processOf('temporal'), await processOf('server')]).toEqual(before);
}

/** Exchanges the API key of an agent, which has no bundle any more. */
async function exchangesAKey(server: SiteServer, main: Machine, agent: Machine): Promise<void> {
  const list = (await ask(server, '/v1/keys')) as { readonly keys: readonly { name: string; prefix: string }[] }; // As the API says.
  const { prefix } = list.keys.find(({ name }) => name === agent.name) ?? { prefix: '' };
  const key = await main.run(`waterflow keys rotate ${prefix}`);
  writeFileSync(join(agent.folder, 'srv', 'pki', 'server-key'), key);
  await agent.run(
    'rm -r /root/waterflow-site-*; /opt/waterflow/install.sh configure agent --key-file server-key=/srv/pki/server-key',
  );
  await main.run(`waterflow keys revoke ${prefix}`);
  await agentsAre(server, ['web-1', 'web-2']);
  expect((await reaches(server, await submit(server, example('deploy-fleet.yml')))).status).toBe('success');
}

const greeting = 'name: greet\non: manual\njobs: { greet: { steps: [{ uses: acme-greet@v1 }] } }\n';

async function losesAPlugin(server: SiteServer): Promise<void> {
  const { machine } = server;
  await machine.run("waterflow keys revoke --signing /opt/waterflow/bundle/keys/acme.pub --reason 'laptop stolen'");
  expect(await machine.try('waterflow plugin audit')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('SIGNING_KEY_REVOKED'),
  });
  await machine.run('waterflow plugin remove acme-greet');
  // A workflow that was taken is taken for another minute without a look at what there is, and its run fails.
  const looks = { timeout: 120_000, interval: 2000 };
  await expect.poll(() => submit(server, greeting).catch(String), looks).toContain('PLUGIN_NOT_FOUND');
}

async function changesItsKey(server: SiteServer): Promise<void> {
  const { machine } = server;
  const asking = (key: string): SiteServer => ({ ...server, curl: `--header 'authorization: Bearer ${key}'` });
  const first = (await machine.run('waterflow keys new --name ops --role admin')).trim();
  await expect(ask(server, '/v1/workflows')).rejects.toThrow('UNAUTHENTICATED');
  await ask(asking(first), '/v1/workflows');
  const prefix = first.slice(0, 'wf_'.length + 8);
  const second = (await machine.run(`waterflow keys rotate ${prefix}`)).trim();
  await machine.run(`waterflow keys revoke ${prefix}`);
  await ask(asking(second), '/v1/workflows');
  await expect(ask(asking(first), '/v1/workflows')).rejects.toThrow('UNAUTHENTICATED');
}

const secretly = `name: secretly
on: manual
jobs:
  greet:
    runs-on: web
    steps:
      - { uses: acme-greet@v1 }
      - { run: 'test "\${#TOKEN}" = 8', env: { TOKEN: "\${{ secrets.TOKEN }}" } }
`;

const serverSettings = (queueKey: string): string => `host: ${addressOf(0)}
port: 8443
tls: { cert: /etc/waterflow/server.pem, key: /run/credentials/waterflow-server.service/tls-key }
temporal:
  host: ${addressOf(0)}:7233
  create-namespace: 7d
  tls:
    ca: /etc/waterflow/ca.pem
    cert: /etc/waterflow/server.pem
    key: /run/credentials/waterflow-server.service/temporal-tls-key
    server-name: temporal.site
  queue-keys: { web: ${queueKey}, local: ${queueKey} }
`;

function bringFiles(machine: Machine, by: Authority, names: readonly string[]): void {
  const pki = join(machine.folder, 'srv', 'pki');
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  for (const name of names) cpSync(join(by.folder, name), join(pki, name));
}

/** Resolves when exactly these are online. */
async function agentsAre(server: SiteServer, names: readonly string[]): Promise<void> {
  const online = async (): Promise<readonly string[]> => {
    const list = (await ask(server, '/v1/agents')) as {
      readonly agents: readonly { readonly name: string; readonly state: string }[];
    }; // As the API says.
    return list.agents
      .filter(({ state }) => state === 'online')
      .map(({ name }) => name)
      .toSorted();
  };
  await expect.poll(online, { timeout: 120_000, interval: 500 }).toEqual(names);
}

async function logOf({ machine, url, curl }: SiteServer, run: string): Promise<string> {
  return await machine.run(
    `curl --silent --fail ${curl} --header 'accept: text/plain' ${url}/v1/workflows/${run}/logs`,
  );
}
