import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../../e2e/require.ts';
import { callUnder } from '../../../grants/testing/grant.ts';
import { docker, importTestImage, testImage } from '../testing/images.ts';
import { startTestRegistry } from '../testing/registry.ts';
import { clientGrant, clientScope, runClient, usualEntry } from './testing/client.ts';

const works = (await needs('docker')) && (await needs('bwrap'));

beforeAll(() => works && importTestImage());

/** Of the run, as the daemon has them now. */
function ofRun(kind: 'container' | 'network' | 'volume', run: string): readonly string[] {
  const all = kind === 'container' ? ['-a'] : [];
  const found = docker(kind, 'ls', ...all, '--quiet', '--filter', `label=dev.waterflow.run=${run}`);
  return found === '' ? [] : found.split('\n');
}

describe.runIf(works)('the docker CLI in an exec', () => {
  test('runs a container in the foreground and hands its streams and exit code over', async () => {
    await using scope = clientScope('foreground');
    const script = `echo given | docker run --rm -i ${testImage} sh -c 'cat; echo oops >&2; exit 7'; echo "code $?"; docker ps -aq`;
    expect(await runClient(script, { scope })).toMatchObject({ stdout: 'given\ncode 7\n', stderr: 'oops\n' });
    await scope.endRun();
  });

  test('runs one in the background, looks at it, runs something in it, and removes it', async () => {
    await using scope = clientScope('background');
    const script = [
      `docker run -d --name web ${testImage} sh -c 'echo begun; sleep 100' >/dev/null`,
      `docker ps --format '{{.Names}} {{.Image}}'`,
      'docker logs web',
      `echo through | docker exec -i web sh -c 'cat; exit 3'; echo "code $?"`,
      `docker inspect --format '{{.State.Running}} {{.Config.Image}}' web`,
      'docker stop -t 1 web; docker rm web; docker ps -aq',
    ].join('\n');
    const { stdout, stderr } = await runClient(script, { scope });
    expect(stderr).toBe('');
    expect(stdout).toBe(`web ${testImage}\nbegun\nthrough\ncode 3\ntrue ${testImage}\nweb\nweb\n`);
    await scope.endRun();
  });

  test('has a health check, as the owner of the container, whose output is not shown', async () => {
    await using scope = clientScope('health');
    const health = `{{.State.Health.Status}} {{len .State.Health.Log}}`;
    const script = [
      `docker run -d --name web --health-interval 200ms --health-cmd 'id -u > /tmp/probed; echo secret' ${testImage} sleep 100 >/dev/null`,
      `until docker inspect --format '{{.State.Health.Status}}' web | grep -q '^healthy'; do sleep 0.1; done`,
      `docker inspect --format '${health}' web; docker exec web cat /tmp/probed`,
    ].join('\n');
    const { stdout, stderr } = await runClient(script, { scope });
    expect({ stdout, stderr }).toEqual({ stdout: `healthy 0\n${statSync(scope.workspace).uid}\n`, stderr: '' });
    await scope.endRun();
  });

  test('calls a container by another name', async () => {
    await using scope = clientScope('rename');
    const script = [
      `docker create --name one ${testImage} true >/dev/null; docker create --name two ${testImage} true >/dev/null`,
      'docker rename one two; docker rename one three; docker ps -a --format "{{.Names}}"; docker rm one two three',
    ].join('\n');
    const { stdout, stderr } = await runClient(script, { scope });
    expect(stdout.split('\n').toSorted()).toEqual(['', 'three', 'three', 'two', 'two']);
    expect(stderr).toMatch(/name "\/two" is already in use[\s\S]*No such container: one/u);
    await scope.endRun();
  });

  test('gets containers as the grant has them, whatever it leaves out', async () => {
    await using scope = clientScope('forced');
    await runClient(`docker run -d --name web ${testImage} sleep 100`, { scope });
    const [id = ''] = ofRun('container', scope.owner.run);
    const [found] = JSON.parse(docker('inspect', id)) as { HostConfig: object; Config: object; Name: string }[];
    expect(found).toMatchObject({
      Name: expect.stringMatching(/^\/waterflow-[0-9a-f]{32}$/u),
      Config: { Labels: { 'dev.waterflow.run': scope.owner.run } },
      HostConfig: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], Privileged: false, PidsLimit: 512 },
    });
    await scope.endRun();
    expect(ofRun('container', scope.owner.run)).toEqual([]);
  });

  test('mounts folders of the workspace, and volumes and networks of the run', async () => {
    await using scope = clientScope('mounts');
    mkdirSync(join(scope.workspace, 'src'));
    writeFileSync(join(scope.workspace, 'src', 'file'), 'mine');
    const script = [
      `docker run --rm -v "$PWD/src:/src" ${testImage} sh -c 'cat /src/file; echo made > /src/other'`,
      `docker volume create data; docker run --rm --mount type=volume,source=data,target=/data ${testImage} ls -d /data`,
      'docker volume rm data',
      `docker network create back >/dev/null; docker run -d --network back --name server ${testImage} sleep 100 >/dev/null`,
      `docker run --rm --network back ${testImage} nslookup server 127.0.0.11 | grep -c 'Name:'`,
      'docker network ls --format "{{.Name}}"; docker rm -f server; docker network rm back',
    ].join('\n');
    const { stdout, stderr } = await runClient(script, { scope });
    expect(stderr).toBe('');
    expect(stdout).toBe('minedata\n/data\ndata\n1\nback\nserver\nback\n');
    expect(readFileSync(join(scope.workspace, 'src', 'other'), 'utf8')).toBe('made\n');
    await scope.endRun();
    expect([...ofRun('network', scope.owner.run), ...ofRun('volume', scope.owner.run)]).toEqual([]);
  });

  test('builds by the classic builder, upon granted images', async () => {
    await using scope = clientScope('build');
    const grant = clientGrant([{ ...usualEntry, operations: ['run', 'build'] }]);
    writeFileSync(
      join(scope.workspace, 'Dockerfile'),
      `FROM ${testImage}\nARG A\nCOPY file /file\nRUN echo $A >> /file\n`,
    );
    writeFileSync(join(scope.workspace, 'file'), 'from the context\n');
    const script =
      'docker build --build-arg A=given -t waterflow.test/built:1 . >/dev/null && docker run --rm waterflow.test/built:1 cat /file';
    expect((await runClient(script, { scope, grant })).stdout).toBe('from the context\ngiven\n');
    docker('rmi', 'waterflow.test/built:1');
    await scope.endRun();
  });

  test.each<[string, string, string]>([
    ['an image that is not granted', 'build -t other.example/x:1 .', 'docker.build'],
    ['a network of the machine', 'build --network host -t waterflow.test/built:1 .', 'networkmode=host'],
  ])('builds not: %s', async (_what, command, why) => {
    await using scope = clientScope('build-denied');
    const grant = clientGrant([{ ...usualEntry, operations: ['run', 'build'] }]);
    writeFileSync(join(scope.workspace, 'Dockerfile'), `FROM ${testImage}\n`);
    // The client is still sending when it is refused.
    writeFileSync(join(scope.workspace, 'large'), Buffer.alloc(8 * 1024 * 1024));
    const { exit_code, stderr } = await runClient(`docker ${command}`, { scope, grant });
    expect({ exit_code, stderr }).toMatchObject({ exit_code: 1, stderr: expect.stringContaining(why) });
    await scope.endRun();
  });

  test.each<[string, string]>([
    ['ADD of a URL', `FROM ${testImage}\nADD http://169.254.169.254/latest /x`],
    ['another base', 'FROM other.example/image:1'],
    ['a stage from another image', `FROM ${testImage}\nCOPY --from=other.example/image:1 /a /b`],
  ])('has the daemon fetch nothing in a build: %s', async (_what, dockerfile) => {
    await using scope = clientScope('build-fetch');
    const grant = clientGrant([{ ...usualEntry, operations: ['run', 'build', 'pull'] }]);
    writeFileSync(join(scope.workspace, 'Dockerfile'), `${dockerfile}\n`);
    const { exit_code, stderr } = await runClient('docker build -t waterflow.test/built:1 .', { scope, grant });
    expect({ exit_code, stderr }).toMatchObject({ exit_code: 1, stderr: expect.stringContaining('denied by') });
    await scope.endRun();
  });

  test('logs in, pushes and pulls where that is granted', async () => {
    await using registry = await startTestRegistry({ credentials: 'user:pass' });
    await using scope = clientScope('registry');
    const name = `${registry.host}/thing:1`;
    const entry = {
      images: [`${registry.host}/*:*`, testImage],
      operations: ['run', 'login', 'push', 'pull', 'build'],
    };
    const script = [
      `docker tag ${testImage} ${name}`,
      `docker push ${name} >/dev/null 2>&1 || echo refused`,
      `echo pass | docker login -u user --password-stdin ${registry.host} >/dev/null 2>&1`,
      `docker push ${name} >/dev/null && docker pull -q ${name}`,
    ].join('\n');
    const { stdout } = await runClient(script, { scope, grant: clientGrant([entry]) });
    expect(stdout).toBe(`refused\n${name}\n`);
    docker('rmi', name);
    await scope.endRun();
  });

  test.each<[string, string]>([
    ['privileges', '--privileged'],
    ['a folder of the machine', '-v /etc:/x'],
    ["the daemon's socket", '-v /var/run/docker.sock:/var/run/docker.sock'],
    ["the host's network", '--network host'],
    ["the host's processes", '--pid host'],
    ["the host's IPC", '--ipc host'],
    ["the host's users", '--userns host'],
    ['a capability', '--cap-add SYS_ADMIN'],
    ['a device', '--device /dev/kmsg'],
    ['a security option', '--security-opt seccomp=unconfined'],
    ['an uncovered /proc', '--security-opt systempaths=unconfined'],
    ['a cgroup parent', '--cgroup-parent /'],
    ['a runtime', '--runtime other'],
    ['a restart policy', '--restart always'],
    ['an address of the machine', '-p 1.2.3.4:80:80'],
    ['a port', '-p 8080:80'],
    ['another user', '--user 4242'],
    ['more memory than is granted', '--memory 4g'],
    ['more processes than are granted', '--pids-limit 100000'],
    ['swap', '--memory 64m --memory-swap 128m'],
    ['a name for an address', '--add-host metadata:169.254.169.254'],
    ['volumes of another container', '--volumes-from web'],
    ["another container's network", '--network container:web'],
  ])('is denied %s', async (_what, option) => {
    await using scope = clientScope('denied');
    const { exit_code, stderr } = await runClient(`docker run ${option} ${testImage} true`, { scope });
    expect({ exit_code, stderr }).toMatchObject({ exit_code: 125, stderr: expect.stringContaining('denied by') });
    expect(ofRun('container', scope.owner.run)).toEqual([]);
    await scope.endRun();
  });

  test('is denied what the policy denies', async () => {
    await using scope = clientScope('policy');
    const policy = `version: 1\nrules:\n  - { plugin: "*", allow: requested }\n  - { plugin: "*", deny: { docker: [{ images: ["*"], operations: [exec] }] } }\n`;
    const grant = clientGrant([usualEntry], { policy });
    const script = `docker run -d --name web ${testImage} sleep 100 >/dev/null; docker exec web true`;
    expect((await runClient(script, { scope, grant })).stderr).toContain('the policy forbids it');
    await scope.endRun();
  });

  test('does not see what others have on the daemon', async () => {
    await using other = clientScope('other');
    await using scope = clientScope('mine');
    await runClient(`docker run -d --name theirs ${testImage} sleep 100; docker volume create v`, { scope: other });
    const [id = ''] = ofRun('container', other.owner.run);
    const script = `docker ps -aq; docker volume ls -q; for act in stop kill 'rm -f' logs 'container inspect'; do docker $act ${id}; docker $act theirs; done`;
    const { stdout, stderr } = await runClient(script, { scope });
    expect(stdout.replaceAll(/\[\]\n/gu, '')).toBe('');
    expect(stderr.split('\n').filter((line) => !/No such|no such|^$/u.test(line))).toEqual([]);
    expect(ofRun('container', other.owner.run)).toHaveLength(1);
    await other.endRun();
    await scope.endRun();
  });

  test('has its requests in the audit, denied ones in the log too', async () => {
    await using scope = clientScope('audit');
    await runClient(`docker run --rm ${testImage} true; docker run --privileged ${testImage} true`, { scope });
    expect(scope.notes).toContainEqual({
      docker: expect.objectContaining({
        denied: 1,
        requests: expect.arrayContaining([
          expect.objectContaining({ request: 'POST /v1.41/containers/create', decision: 'allowed', network: 'run' }),
          expect.objectContaining({ request: 'POST /v1.41/containers/create', decision: 'denied' }),
        ]),
      }),
    });
    expect(scope.logged.log).toContain('`HostConfig.Privileged`');
    await scope.endRun();
  });

  test('reaches the socket from profile host too, and nothing is left of it afterwards', async () => {
    await using scope = clientScope('host');
    const grant = clientGrant([usualEntry], { profile: 'host' });
    const { stdout } = await runClient(
      `docker run --rm ${testImage} echo hi; echo "$DOCKER_HOST"; stat -c %a "\${DOCKER_HOST#unix://}"`,
      {
        scope,
        grant,
      },
    );
    const [hi, address = '', mode] = stdout.trim().split('\n');
    expect({ hi, mode }).toEqual({ hi: 'hi', mode: '600' });
    expect(existsSync(address.replace('unix://', ''))).toBe(false);
    await scope.endRun();
  });

  test.runIf(process.getuid?.() === 0)('has it as the user that programs run as', async () => {
    const user = { uid: 65_534, gid: 65_534 };
    await using plain = clientScope('user');
    const scope = Object.assign(plain, { sandbox: { ...plain.sandbox, user } });
    chownSync(scope.workspace, user.uid, user.gid);
    for (const path of [join(scope.workspace, '..'), scope.temp()]) chmodSync(path, 0o755);
    const script = `stat -c '%U %a' "\${DOCKER_HOST#unix://}"; docker run --rm ${testImage} id -u`;
    const { stdout } = await runClient(script, { scope });
    expect(stdout).toBe('waterflow 600\n65534\n');
    await scope.endRun();
  });

  test('is not there unless the call asks for it', async () => {
    await using scope = clientScope('without');
    const args = { command: 'bash', args: ['-c', 'docker ps; env; ls /run'], stdout: 'capture', stderr: 'capture' };
    const answer = await callUnder(clientGrant(), 'exec.run', { args, scope });
    expect(answer).toMatchObject({ stderr: expect.stringContaining('docker.sock') });
    expect(answer).toMatchObject({ stdout: expect.not.stringContaining('DOCKER') });
    await scope.endRun();
  });
});
