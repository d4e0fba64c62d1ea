/** Compose, of both kinds, with a docker socket of an exec. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../../e2e/require.ts';
import { docker, importTestImage, testImage } from '../testing/images.ts';
import { clientGrant, clientScope, runClient, usualEntry } from './testing/client.ts';

const works = (await needs('docker')) && (await needs('bwrap'));
/** Both kinds of compose, where they are. */
const composes = [
  ...((await needs('compose')) ? ['docker-compose'] : []),
  ...((await needs('compose-v2')) ? ['docker compose'] : []),
];

beforeAll(() => works && importTestImage());

/** Of the run, as the daemon has them now. */
function ofRun(kind: 'container' | 'network' | 'volume', run: string): readonly string[] {
  const all = kind === 'container' ? ['-a'] : [];
  const found = docker(kind, 'ls', ...all, '--quiet', '--filter', `label=dev.waterflow.run=${run}`);
  return found === '' ? [] : found.split('\n');
}

describe.runIf(works).each(composes)('%s in an exec', (compose) => {
  const services = `version: "3"
services:
  web:
    image: ${testImage}
    command: sh -c "while true; do echo answer | nc -l -p 8080; done"
    volumes: ["data:/data"]
  client:
    image: ${testImage}
    command: sh -c "until nc web 8080 2>/dev/null; do sleep 0.1; done; cat /src/docker-compose.yml; sleep 100"
    volumes: [".:/src:ro"]
    depends_on: [web]
volumes: { data: {} }
`;
  const wait = `until ${compose} logs 2>/dev/null | grep -q answer; do sleep 0.1; done`;

  test('brings services up that find each other, and takes them down', { timeout: 120_000 }, async () => {
    await using scope = clientScope('compose');
    const grant = clientGrant([{ ...usualEntry, operations: ['compose', 'logs', 'exec'] }]);
    writeFileSync(join(scope.workspace, 'docker-compose.yml'), services);
    const script = `${compose} -p app up -d && export COMPOSE_PROJECT_NAME=app && ${wait} && ${compose} exec -T web echo in-web`;
    const up = await runClient(script, { scope, grant });
    expect(up).toMatchObject({ exit_code: 0, stdout: 'in-web\n' });
    expect(ofRun('container', scope.owner.run)).toHaveLength(2);
    // Another exec of the same plugin in the same run.
    const down = await runClient(`${compose} -p app down -v`, { scope, grant });
    expect(down.exit_code).toBe(0);
    expect(['container', 'network', 'volume'].flatMap((kind) => ofRun(kind as 'container', scope.owner.run))).toEqual(
      [],
    );
    await scope.endRun();
  });

  test('makes containers anew whose file has changed', { timeout: 120_000 }, async () => {
    await using scope = clientScope('compose-anew');
    const grant = clientGrant([{ ...usualEntry, operations: ['compose', 'exec'] }]);
    const text = `version: "3"\nservices:\n  web:\n    image: ${testImage}\n    command: sleep 100\n    environment: { A: "\${A}" }\n`;
    writeFileSync(join(scope.workspace, 'docker-compose.yml'), text);
    const script = [1, 2].map(
      (value) => `A=${value} ${compose} -p app up -d && ${compose} -p app exec -T web env | grep A=`,
    );
    const { stdout } = await runClient(script.join('; '), { scope, grant });
    expect(stdout).toBe('A=1\nA=2\n');
    expect(ofRun('container', scope.owner.run)).toHaveLength(1);
    await scope.endRun();
  });

  test('waits for a service that another depends on to be healthy, and builds', { timeout: 120_000 }, async () => {
    await using scope = clientScope('compose-build');
    const grant = clientGrant([{ ...usualEntry, operations: ['compose', 'logs', 'build'] }]);
    const text = `services:
  web:
    image: waterflow.test/built:1
    build: .
    volumes: ["data:/data"]
    command: sh -c "sleep 1; touch /data/ready; sleep 100"
    healthcheck: { test: ["CMD", "ls", "/data/ready"], interval: 200ms, start_period: 30s }
  client:
    image: waterflow.test/built:1
    volumes: ["data:/data"]
    command: sh -c "ls /data /made"
    depends_on: { web: { condition: service_healthy } }
volumes: { data: {} }
`;
    writeFileSync(join(scope.workspace, 'docker-compose.yml'), text);
    writeFileSync(
      join(scope.workspace, 'Dockerfile'),
      `FROM ${testImage}\nRUN echo made > /made && chmod 0777 /data\n`,
    );
    const script = `${compose} -p app build >&2 && ${compose} -p app up -d && sleep 1 && ${compose} -p app logs client`;
    const { stdout, stderr } = await runClient(script, { scope, grant });
    expect(`${stdout}\n${stderr}`).toMatch(/\/made\n[\s\S]*ready\n/u);
    await scope.endRun();
    docker('rmi', '--force', 'waterflow.test/built:1');
  });

  test('needs `compose`', { timeout: 120_000 }, async () => {
    await using scope = clientScope('compose-denied');
    writeFileSync(join(scope.workspace, 'docker-compose.yml'), services);
    const { exit_code, stderr } = await runClient(`${compose} -p app up -d`, { scope });
    expect(exit_code).toBe(1);
    expect(stderr).toContain('not compose');
    await scope.endRun();
  });

  test('is removed with the run', { timeout: 120_000 }, async () => {
    await using scope = clientScope('compose-end');
    const grant = clientGrant([{ ...usualEntry, operations: ['compose'] }]);
    writeFileSync(join(scope.workspace, 'docker-compose.yml'), services);
    await runClient(`${compose} -p app up -d`, { scope, grant });
    await scope.endRun();
    expect(['container', 'network', 'volume'].flatMap((kind) => ofRun(kind as 'container', scope.owner.run))).toEqual(
      [],
    );
  });
});
