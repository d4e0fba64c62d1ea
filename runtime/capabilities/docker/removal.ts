import type { JsonObject } from '../../../schemas/index.ts';
import { agentLabel, buildLabel, madeByAgent } from './labels.ts';
import { labelsOf, listOf, objectOf, textOf } from './wire/answers.ts';
import type { Engine } from './wire/client.ts';
import { EngineError } from './wire/errors.ts';

/** What is to be removed. */
export interface Belongings {
  /** Of containers, networks and volumes that agents made, by their labels. */
  readonly owns: (labels: Readonly<Record<string, string>>) => boolean | Promise<boolean>;
  /** Of untagged images, by the value of their build label. */
  readonly built: (label: string) => boolean | Promise<boolean>;
}

/** Two rounds find nothing before it is over; more where something is still being made. */
const pauseBetweenRoundsMs = 250;
/** So many rounds: what can't be removed by then is left to the next agent. */
const maxRounds = 40;

/** Removes until nothing is found any more. Resolves to whether nothing is left. */
export async function removeBelongings(
  engine: Engine,
  belongings: Belongings,
  pause: (ms: number) => Promise<void>,
): Promise<boolean> {
  for (let round = 0; round < maxRounds; round += 1) {
    if ((await removeOnce(engine, belongings)) === 0) return true;
    await pause(pauseBetweenRoundsMs);
  }
  return false;
}

/** One round, in the order in which one thing holds another. Resolves to how many were there. */
export async function removeOnce(engine: Engine, { owns, built }: Belongings): Promise<number> {
  const labelled = JSON.stringify({ label: [agentLabel] });
  let found = 0;
  const removeEach = async (items: readonly Item[], query?: Readonly<Record<string, string>>): Promise<void> => {
    for (const { name, labels, path } of items) {
      if (!madeByAgent(name, labels) || !(await owns(labels))) continue;
      found += 1;
      await remove(engine, path, query);
    }
  };
  const containers = await engine.ask({
    method: 'GET',
    path: '/containers/json',
    query: { all: '1', filters: labelled },
  });
  await removeEach(listOf(containers, 'containers').map(containerItem), { force: '1', v: '1' });
  const volumes = objectOf(
    await engine.ask({ method: 'GET', path: '/volumes', query: { filters: labelled } }),
    'volumes',
  );
  await removeEach(
    listOf(volumes['Volumes'], 'volumes').map((item) => namedItem(item, 'Name', '/volumes')),
    {
      force: '1',
    },
  );
  const networks = await engine.ask({ method: 'GET', path: '/networks', query: { filters: labelled } });
  await removeEach(listOf(networks, 'networks').map((item) => namedItem(item, 'Id', '/networks')));
  found += await removeImages(engine, built);
  return found;
}

/** Images of builds that were never tagged, or are no longer. */
async function removeImages(engine: Engine, built: Belongings['built']): Promise<number> {
  const filters = JSON.stringify({ label: [buildLabel], dangling: ['true'] });
  const images = await engine.ask({ method: 'GET', path: '/images/json', query: { filters } });
  let found = 0;
  for (const image of listOf(images, 'images')) {
    const label = labelsOf(image['Labels'])[buildLabel];
    if (label === undefined || !(await built(label))) continue;
    // One that a container uses, of whomever, stays.
    if (await remove(engine, `/images/${encodeURIComponent(textOf(image['Id'], 'id'))}`)) found += 1;
  }
  return found;
}

interface Item {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
}

function containerItem(container: JsonObject): Item {
  const names = container['Names'];
  const [name] = Array.isArray(names) ? names : [];
  return {
    // A container that is being removed may have lost its name already.
    name: typeof name === 'string' ? name.replace(/^\//u, '') : '',
    labels: labelsOf(container['Labels']),
    path: `/containers/${encodeURIComponent(textOf(container['Id'], 'id'))}`,
  };
}

function namedItem(item: JsonObject, key: string, folder: string): Item {
  return {
    name: textOf(item['Name'], 'name'),
    labels: labelsOf(item['Labels']),
    path: `${folder}/${encodeURIComponent(textOf(item[key], key))}`,
  };
}

/** Removes one thing; false where it can't be removed now. One that is gone is removed. */
export async function remove(
  engine: Engine,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  try {
    await engine.ask({ method: 'DELETE', path, query });
    return true;
  } catch (cause) {
    if (!(cause instanceof EngineError) || cause.status === 0) throw cause;
    // In use, or being removed by somebody else.
    return cause.status === 404;
  }
}
