/** docs/install.md: a bundle that its commands make, and sites on machines of their own that its commands install, upgrade and remove. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { blockOn } from '../../tools/code-blocks/blocks.ts';
import { authority } from '../before-temporal.ts';
import { needs, temporalServerFolder } from '../require.ts';
import { makeBundles, releasesIn, type SiteBundles, type SiteReleases } from '../site/bundles.ts';
import { ready, type SiteServer } from '../site/client.ts';
import { addressOf, connectMachines, Machine, whyNoMachines } from '../site/machine.ts';
import { filled, linesOf, placeWith } from './place.ts';

const reason = whyNoMachines();
if (reason !== undefined) process.stdout.write(`skipped: docs/install.md: ${reason}\n`);
const isThere = reason === undefined && (await needs('temporal-server'));

const alone: Omit<SiteServer, 'machine'> = { url: 'http://127.0.0.1:8080', curl: '' };

describe.skipIf(!isThere)('docs/install.md', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-install-page-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  let releases: SiteReleases;
  let site: SiteBundles;
  beforeAll(() => {
    releases = releasesIn(scratch);
    site = makeBundles(scratch, releases);
  });

  /** Machines that are switched off with the test; each has the older bundle and its key where its operator is. */
  async function machines(...names: readonly string[]): Promise<readonly Machine[]> {
    const folder = mkdtempSync(join(scratch, 'machines-'));
    const all = names.map((name) => new Machine(name, folder));
    for (const machine of all) {
      onTestFinished(() => machine.off());
      await machine.boot();
      cpSync(site.bundles[0], join(machine.folder, 'root/site.tar.zst'));
      cpSync(site.publicKey, join(machine.folder, 'root/site.pub'));
    }
    return all;
  }

  it('verifies a release with openssl and sha256sum', async () => {
    const place = placeWith();
    for (const name of readdirSync(releases.made)) symlinkSync(join(releases.made, name), join(place.folder, name));
    cpSync(releases.publicKey, join(place.folder, 'NAME.pub'));
    expect(await place.run(blockOn('docs/install.md', { begins: '{ printf' }))).toContain('Signature Verified');
    const parts = filled(blockOn('docs/dependencies.md', { language: 'indented' }), { VERSION: site.versions[0] });
    expect(await place.run(parts)).toContain('pkg:npm/koa@');
  });

  it('makes a bundle and verifies it', async () => {
    const place = placeWith();
    mkdirSync(join(place.folder, 'dist'));
    symlinkSync(releases.made, join(place.folder, 'dist/release'));
    symlinkSync(join(scratch, 'packages'), join(place.folder, 'plugins'));
    symlinkSync(temporalServerFolder(), join(place.folder, 'temporal'));
    for (const name of ['site.key', 'site.pub', 'acme.pub']) {
      symlinkSync(join(scratch, 'keys', name), join(place.folder, name));
    }
    await place.run(blockOn('docs/install.md', { begins: 'waterflow bundle make' }));
    await place.run(blockOn('docs/install.md', { begins: 'waterflow bundle verify' }));
    expect(await place.run(`sha256sum <site.tar.zst; sha256sum <${site.bundles[0]}`)).toMatch(
      /^(\w+) {2}-\n\1 {2}-\n$/u,
    );
  });

  it('installs one machine, operates, upgrades and removes it', async () => {
    const [machine] = await machines('alone');
    if (machine === undefined) throw new Error('there is one');
    const server: SiteServer = { machine, ...alone };
    const [older, newer] = site.versions;
    const first = filled(blockOn('docs/install.md', { begins: 'tar --zstd -xf' }), { VERSION: older });
    // So that there is a plugin which can be removed.
    machine.bring(site.trust, ...site.bundles);
    await machine.run(`${first.trimEnd()} --trust /srv/trust.yaml --approve ${site.pluginDigest}`);
    await ready(server);
    const submitted = await machine.run(blockOn('docs/install.md', { begins: 'waterflow submit' }));
    expect(submitted).toContain('success');

    const key = (await machine.run('waterflow keys new --name ops --role admin')).trim();
    cpSync(join(scratch, 'keys/acme.pub'), join(machine.folder, 'root/acme.pub'));
    const operate = filled(blockOn('docs/install.md', { begins: 'waterflow keys rotate' }), {
      wf_3hTq90Lk: key.slice(0, 'wf_'.length + 8),
    });
    await machine.run(`mkdir /backup\n${operate}`);
    await ready(server);
    // What was signed by the key is found, so the second command says nothing.
    const revoked = await machine.run(blockOn('docs/install.md', { begins: 'waterflow keys revoke --signing' }));
    expect(revoked).not.toContain('all is as it should be');

    await machine.run(`tar --zstd -xf /srv/${newer}.tar.zst`);
    const upgrade = filled(blockOn('docs/install.md', { begins: './waterflow-site-NEWER' }), { NEWER: newer });
    // What removes something are alternatives, the last of which removes most.
    const [up = '', status = '', back = '', ...removals] = linesOf(upgrade);
    const purge = removals.at(-1) ?? '';
    expect(purge).toContain('uninstall --purge');
    await machine.run(up);
    expect(await machine.run(status)).toContain(`version: ${newer}`);
    await machine.run(back);
    expect(await machine.run(status)).toContain(`version: ${older}`);
    await machine.run(purge);
    expect(machine.files().has('var/lib/waterflow-server')).toBe(false);
  });

  it('installs a site of several machines', async () => {
    const [main, web] = await machines('main', 'web-1');
    if (main === undefined || web === undefined) throw new Error('there are two');
    await connectMachines([main, web]);
    const VERSION = site.versions[0];
    const by = authority();
    by.issue('server', `IP:${addressOf(0)}`);
    by.issue('temporal', 'DNS:temporal.site');
    by.issue('web-1', `IP:${addressOf(1)}`);
    const carry = (machine: Machine): void => cpSync(by.folder, join(machine.folder, 'root/pki'), { recursive: true });
    const { publicKey, privateKey } = await newQueueKey();
    const settings = filled(blockOn('docs/install.md', { language: 'yaml' }), { 'wfqueue1_public_…': publicKey });

    carry(main);
    writeFileSync(join(main.folder, 'root/server.yaml'), settings);
    const onMain = filled(
      blockOn('docs/install.md', { begins: 'install -D -m 644 -t /etc/waterflow pki/ca.pem pki/server' }),
      {
        VERSION,
      },
    );
    await main.run(`tar --zstd -xf site.tar.zst\n${onMain}`);
    const curl = `--cacert /etc/waterflow/ca.pem --header "authorization: Bearer $(cat /etc/waterflow/keys/server-admin-key)"`;
    await ready({ machine: main, url: `https://${addressOf(0)}:8443`, curl });
    const made = await main.run(blockOn('docs/install.md', { begins: 'curl --cacert' }));
    const { key } = JSON.parse(made) as { readonly key: string }; // As the API says.

    carry(web);
    writeFileSync(join(web.folder, 'root/server-key'), `${key}\n`);
    writeFileSync(join(web.folder, 'root/queue-keys'), `${privateKey}\n`);
    const onWeb = filled(
      blockOn('docs/install.md', { begins: 'install -D -m 644 -t /etc/waterflow pki/ca.pem pki/web' }),
      {
        VERSION,
      },
    );
    await web.run(`tar --zstd -xf site.tar.zst\n${onWeb}`);
    const agents = `curl --silent ${curl} https://${addressOf(0)}:8443/v1/agents`;
    await expect.poll(() => main.run(agents), { timeout: 120_000, interval: 1000 }).toContain('"name":"web-1"');

    await main.run(blockOn('docs/server.md', { begins: 'kill -HUP' }));
    const log = 'journalctl --unit waterflow-server --no-pager --output cat';
    await expect.poll(() => main.run(log), { timeout: 60_000 }).toContain('the configuration was read again');
    await web.run(blockOn('docs/deploy.md', { begins: 'systemctl daemon-reload' }));
    // What it finds is this machine's own.
    const doctor = await web.try(blockOn('docs/deploy.md', { begins: 'systemd-run' }));
    expect(doctor.stdout).toContain('this machine gives confinement level');
    await web.run(blockOn('docs/agents.md', { begins: 'systemctl stop waterflow-agent' }));
    expect(await web.run('systemctl is-active waterflow-agent')).toBe('active\n');

    writeFileSync(join(web.folder, 'root/new-key'), `${key}\n`);
    const [agentKey = '', queues = '', settingsAgain = ''] = linesOf(
      blockOn('docs/install.md', { begins: '/opt/waterflow/install.sh configure agent' }),
    );
    await web.run(`${agentKey}\n${queues}`);
    await main.run(`${settingsAgain}\nmkdir /backup`);
    await main.run(blockOn('docs/install.md', { begins: 'systemctl stop waterflow-server waterflow-temporal' }));
    expect(await main.run('ls /backup')).toBe('site.tar.gz\ntemporal.tar.gz\n');

    const [, , , uninstall = ''] = linesOf(blockOn('docs/install.md', { begins: './waterflow-site-NEWER' }));
    await web.run(uninstall);
    expect(web.files().has('var/lib/waterflow-agent')).toBe(true);
    expect((await web.try('systemctl is-active waterflow-agent')).stdout).toBe('inactive\n');
  });

  it('installs the archive by hand', async () => {
    const [machine] = await machines('by-hand');
    if (machine === undefined) throw new Error('there is one');
    const VERSION = site.versions[0];
    for (const suffix of ['tar.gz', 'contents']) {
      const name = `waterflow-${VERSION}-linux-x64.${suffix}`;
      cpSync(join(releases.made, name), join(machine.folder, 'root', name));
    }
    await machine.run(filled(blockOn('docs/install.md', { begins: 'mkdir -p /opt/waterflow' }), { VERSION }));
    const shown: unknown = JSON.parse(blockOn('docs/install.md', { begins: '{"version"' }));
    const said = JSON.parse(await machine.run('waterflow --version --json')) as object; // As it says.
    expect(Object.keys(said)).toEqual(Object.keys(shown as object));
    const check = filled(blockOn('docs/install.md', { begins: 'cd /opt/waterflow/current' }), {
      '…': '/root',
      VERSION,
    });
    expect(await machine.run(check)).toBe('');
  });
});
