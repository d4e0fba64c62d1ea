/** docker-compose@v1: what is there of earlier steps when another one fails, or takes its own services down. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { composeClients, composeWorld } from './testing/compose-world.ts';

const image = 'waterflow.test/compose-earlier:1';
const clients = await composeClients();
const { agentWith, containers, outputs, step } = composeWorld(image, sharedSupervisor());

beforeAll(() => clients.length > 0 && importTestImage(image));
afterAll(() => clients.length > 0 && docker('rmi', '--force', image));

/** Services by what each runs. */
const fileOf = (services: Readonly<Record<string, string>>): string => {
  const written = Object.entries(services).map(
    ([name, command]) => `  ${name}: { image: "${image}", command: ${JSON.stringify(command)} }\n`,
  );
  return `version: "3.4"\nservices:\n${written.join('')}`;
};
const sleeping = 'sleep 600';
const failing = 'sh -c "exit 7"';

describe.each(clients)('docker-compose@v1 by client: %s', { timeout: 300_000 }, (client) => {
  const of = (more: JsonObject): JsonObject => ({ client, ...more });
  const ended = { outcome: 'failure', error: { message: expect.stringContaining('ended with exit code 7') } };

  it('leaves a service of an earlier step where another one of the file fails', async () => {
    await using agent = await agentWith({
      'docker-compose.yml': fileOf({ db: sleeping, web: failing, more: sleeping }),
    });
    await outputs(agent, of({ services: ['db'] }));
    const before = containers();
    expect(before).toHaveLength(1);
    expect((await step(agent, of({}))).result).toMatchObject(ended);
    expect(containers()).toEqual(before);
    expect(docker('inspect', '--format', '{{.State.Status}}', before[0] ?? '')).toBe('running');
  });

  it('takes a service down that it made anew, and fails', async () => {
    const file = fileOf({ db: sleeping, web: 'sh -c "test ${A} = good && exec sleep 600; exit 7"' });
    await using agent = await agentWith({ 'docker-compose.yml': file });
    await outputs(agent, of({ env: { A: 'good' } }));
    const before = containers();
    expect(before).toHaveLength(2);
    expect((await step(agent, of({ env: { A: 'bad' } }))).result).toMatchObject(ended);
    const after = containers();
    expect(after).toHaveLength(1);
    expect(before).toContain(after[0]);
  });

  it('keeps services of two files apart, though they have the same names', async () => {
    const sleeps = fileOf({ web: sleeping });
    await using agent = await agentWith({
      'docker-compose.yml': sleeps,
      'other.yml': sleeps,
      'failing.yml': fileOf({ web: failing }),
    });
    await outputs(agent, of({}));
    const first = containers();
    await outputs(agent, of({ file: 'other.yml' }));
    expect(containers()).toHaveLength(2);
    expect((await step(agent, of({ file: 'failing.yml' }))).result).toMatchObject(ended);
    expect(containers()).toHaveLength(2);
    await outputs(agent, of({ file: './other.yml', operation: 'down' }));
    expect(containers()).toEqual(first);
    await outputs(agent, of({ operation: 'down' }));
    expect(containers()).toEqual([]);
  });

  it('takes down no service of another file in the same project', async () => {
    await using agent = await agentWith({ 'a.yml': fileOf({ db: sleeping }), 'b.yml': fileOf({ web: sleeping }) });
    const shared = of({ 'project-name': 'shared' });
    await outputs(agent, { ...shared, file: 'a.yml' });
    const first = containers();
    await outputs(agent, { ...shared, file: 'b.yml' });
    expect(containers()).toHaveLength(2);
    // The project's network is still in use, which is a mistake to Compose.
    const down = await step(agent, { ...shared, file: 'b.yml', operation: 'down' });
    expect(down.result).toMatchObject({ outcome: 'failure' });
    expect(`${down.log.stderr}${down.log.log}`).toContain('has active endpoints');
    expect(containers()).toEqual(first);
    await outputs(agent, { ...shared, file: 'a.yml', operation: 'down' });
    expect(containers()).toEqual([]);
  });
});
