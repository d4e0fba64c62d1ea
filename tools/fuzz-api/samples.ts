import type { FuzzedServer } from './server.ts';

/** A workflow that schedules and webhooks start. */
export const triggered =
  'on:\n  schedule:\n    - cron: "0 6 * * *"\n  webhook: { secret: HOOK }\njobs:\n  one:\n    steps:\n      - run: echo hello\n';

/** Workflows that the fuzz submits beside made-up text, so that there are runs in every state. */
export const workflows: readonly string[] = [
  'on: manual\njobs:\n  one:\n    steps:\n      - run: echo hello\n',
  'on: manual\njobs:\n  fails:\n    steps:\n      - run: echo no >&2; exit 3\n',
  'on: manual\njobs:\n  asks:\n    steps:\n      - id: ask\n        uses: approval@v1\n',
  'on: manual\njobs:\n  waits:\n    steps:\n      - uses: wait-for@v1\n        with: { signal: go }\n',
  'on: manual\njobs:\n  sleeps:\n    steps:\n      - uses: sleep@v1\n        with: { duration: 1h }\n',
  triggered,
];

/** Ids of things that there are, by what they are ids of. */
export interface Samples {
  readonly runs: readonly string[];
  readonly schedules: readonly string[];
  readonly webhooks: readonly string[];
  readonly keys: readonly string[];
}

/** What deliveries are signed with; `hooks.py` has it from the environment. */
export const webhookSecret = 'not-a-secret-but-long-enough';

/** Of each kind so many: the fuzz removes some. */
const ofEach = 12;
/** More runs, as most operations are possible only until they end. */
const ofRuns = 72;

/** Makes runs, schedules, webhooks and keys, so that the fuzz comes further than to a 404. */
export async function makeSamples(server: FuzzedServer): Promise<Samples> {
  const numbers = numbersTo(ofEach);
  return {
    runs: await each(numbersTo(ofRuns), async (number) =>
      idIn(await post(server, '/v1/workflows', { workflow: workflows[number % workflows.length] })),
    ),
    schedules: await each(numbers, async (number) => {
      const wanted = { workflow: triggered, name: `sample ${number}`, paused: true };
      const { schedules } = await post(server, '/v1/schedules', wanted);
      return idIn(Array.isArray(schedules) ? schedules[0] : undefined);
    }),
    webhooks: await each(numbers, async (number) =>
      idIn(
        await post(server, '/v1/webhooks', { workflow: triggered, name: `sample ${number}`, secret: webhookSecret }),
      ),
    ),
    keys: await each(numbers, async (number) =>
      idIn(await post(server, '/v1/keys', { name: `sample ${number}`, role: 'viewer' })),
    ),
  };
}

function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

async function each(numbers: readonly number[], make: (number: number) => Promise<string>): Promise<readonly string[]> {
  const made: string[] = [];
  for (const number of numbers) made.push(await make(number));
  return made;
}

async function post(
  { url, keys }: FuzzedServer,
  path: string,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.own}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} of a sample answered ${response.status}: ${text}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

function idIn(made: unknown): string {
  const id = typeof made === 'object' && made !== null ? Reflect.get(made, 'id') : undefined;
  if (typeof id !== 'string') throw new Error(`a sample has no id: ${JSON.stringify(made)}`);
  return id;
}
