/** Every scenario with one client: a suite. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientName } from './clients.ts';
import { startClient } from './clients.ts';
import type { Driver } from './driver.ts';
import { play } from './play.ts';
import { type Scenario, readScenarios } from './scenario.ts';
import { startWorld, type World, type WorldOptions } from './stage.ts';

/** `npm run test:clients`: what takes long, too. */
export const isWhole: boolean = process.env['WATERFLOW_CLIENTS'] === 'whole';

/** A world and a client in it, for the tests of a suite. */
export interface Suite {
  readonly world: () => World;
}

/** Which scenarios, with what. */
export interface SuiteOptions {
  readonly client: ClientName;
  /** What runs it: of Python, an interpreter that has the package. */
  readonly program?: () => string;
  readonly world?: () => Promise<World>;
  readonly only?: (scenario: Scenario) => boolean;
}

/** Has each scenario as a test; those with a server of their own start it. */
export function scenariosWith({ client, program, world: begin = startWorld, only = () => true }: SuiteOptions): Suite {
  let shared: { readonly world: World; readonly driver: Driver } | undefined;
  const there = (): { readonly world: World; readonly driver: Driver } => {
    if (shared === undefined) throw new Error('the world of a suite is there for its tests alone');
    return shared;
  };
  beforeAll(async () => {
    const world = await begin();
    shared = { world, driver: await startClient(client, world, program?.()) };
  });
  afterAll(async () => {
    await shared?.driver[Symbol.asyncDispose]();
    await shared?.world[Symbol.asyncDispose]();
  });
  const here = (scenario: Scenario): Promise<void> => {
    const { config } = scenario;
    if (config !== undefined) return playApart(scenario, { config }, { client, program });
    const { world, driver } = there();
    return play(scenario, world.stageFor(driver));
  };
  const meant = readScenarios().filter((each) => isMeant(each, client) && only(each));
  it.each(meant.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    await expect(here(scenario)).resolves.toBeUndefined();
  });
  return { world: () => there().world };
}

function isMeant({ long, not = [], steps }: Scenario, client: ClientName): boolean {
  if (not.includes(client)) return false;
  // A synchronous call is ended by nobody but itself.
  if (client === 'python' && steps.some(({ cancel }) => cancel !== undefined)) return false;
  return isWhole || long !== true;
}

async function playApart(
  scenario: Scenario,
  options: WorldOptions,
  { client, program }: { readonly client: ClientName; readonly program: (() => string) | undefined },
): Promise<void> {
  await using world = await startWorld(options);
  await using driver = await startClient(client, world, program?.());
  await play(scenario, world.stageFor(driver));
}
