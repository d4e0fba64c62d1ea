/** The source of a plugin that does what its input `name` says: each case is to be the same whatever it was built for. */
export const cases: string = `import { definePlugin, type Host, stepFailure } from 'waterflow/plugin';

enum Order { first = 'first', second = 'second' }
type Case = (host: Host) => unknown;
const spin = (): never => { for (;;); };
const deeper = (depth: number): number => 1 + deeper(depth + 1);
const downFrom = (count: number): number => count === 0 ? 0 : count + downFrom(count - 1);
const levelsOf = (list: any): number => { let levels = 0; for (let inner = list; inner !== undefined; inner = inner[0]) levels += 1; return levels; };
console.log('loaded');

const caught = async (action: () => unknown): Promise<Record<string, never>> => {
  try {
    await action();
  } catch (error) {
    return error as Record<string, never>;
  }
  throw new Error('nothing was thrown');
};

const cases: Record<string, Case> = {
  returns: () => ({ greeting: 'ä😀', from: 'returns' }),
  nothing: () => undefined,
  overlaps: async (host) => {
    const order: string[] = [];
    const note = (what: Order) => (answer: unknown) => (order.push(what), answer);
    const slow = host.call('sleep', 'for', { ms: 2 }).then(note(Order.first));
    const fast = host.call('sleep', 'for', { ms: 1 });
    order.push(Order.second);
    return { order, sleeps: [await slow, await fast] };
  },
  denied: async (host) => {
    const { name, code, rule, remedy, message } = await caught(() => host.fs.read('x'));
    return { name, code, rule, remedy, message };
  },
  failed: async (host) => {
    const { name, code, message } = await caught(() => host.fs.stat('x'));
    return { name, code, message };
  },
  tooLarge: async (host) => {
    const text = 'x'.repeat(9_000_000);
    const { code } = await caught(() => host.call('fs', 'write', { text }));
    return { code, logCode: (await caught(() => host.log(text))).code };
  },
  logs: (host) => {
    host.log('a line');
    host.log('');
    console.info('one', 2, { three: [4] });
    console.error(new RangeError('a problem'));
    const circle: Record<string, unknown> = { map: new Map([['k', 1n]]), set: new Set([1]), error: new TypeError('t') }; circle['self'] = circle;
    console.log(circle, [circle['set'], circle['set']]);
  },
  throws: () => { throw new RangeError('out of luck'); },
  throwsOwn: () => { class Own extends TypeError { constructor(message: string) { super(message); this.name = 'Own'; } }
    throw new Own('of a class'); },
  throwsText: () => { throw 'a text'; },
  throwsNothing: () => { throw undefined; },
  throwsWithOutputs: () => { throw stepFailure('exit code 7', { outputs: { exit_code: 7 }, remedy: 'Try less.' }); },
  uncaughtDenial: (host) => host.fs.read('x'),
  neverSettles: () => new Promise(() => {}),
  cycle: () => { const all: Record<string, unknown> = {}; all['all'] = all; return all; },
  bigOutput: () => ({ text: 'x'.repeat(2_000_000) }),
  exhausts: () => { const all: unknown[] = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1)); },
  spins: spin,
  recursion: async () => ({ caught: (await caught(() => deeper(0)))['name'] }),
  deep: async () => ({ sum: downFrom(7000), levels: levelsOf(JSON.parse('['.repeat(15_000) + ']'.repeat(15_000))) }),
  large: async (host) => ({ length: (await host.call('echo', 'text', { text: 'x'.repeat(1_000_000) }) as { text: string }).text.length }),
  helpers: (host) => ({ has: Object.keys(host).sort(), job: host.step.job, frozen: Object.isFrozen(host) }),
  hardened: async () => ({
    eval: typeof globalThis.eval,
    made: (await caught(() => new (Object.getPrototypeOf(() => {}).constructor)('return 1')))['name'],
    changed: (await caught(() => { Array.prototype.map = () => []; }))['name'],
    proto: typeof ({} as Record<string, unknown>)['__proto__'],
    self: (globalThis as unknown as { self: unknown }).self === globalThis,
  }),
  time: () => {
    const start = Date.now();
    while (Date.now() === start);
    const dice = [Math.random(), Math.random()];
    return { moves: Date.now() > start, date: Math.abs(new Date().getTime() - Date.now()) < 10_000, dice: dice[0] !== dice[1] };
  },
  cancelled: async (host) => {
    const { code, message } = await caught(() => host.sleep(60_000));
    host.log('tidied');
    return { code, message };
  },
  chance: async (host) => {
    const now = Date.now();
    await host.sleep(60_000);
    return { now, slept: Date.now() - now, iso: new Date().toISOString(), dice: [Math.random(), Math.random(), Math.random()] };
  },
  leftDenied: (host) => {
    void host.fs.read('a');
    return { returned: true };
  },
  leftDeniedInside: async (host) => {
    const read = async () => ({ text: await host.fs.read('a') });
    void read();
    await host.sleep(1);
    return { returned: true };
  },
  leftFailed: (host) => void host.call('fs', 'stat', {}),
  leftThrown: async (host) => {
    void (async () => { await host.now(); throw new RangeError('nobody looks'); })();
    await host.sleep(1);
  },
  leftHandled: async (host) => {
    const seen: string[] = [];
    host.fs.read('a').catch(({ code }) => void seen.push(code));
    const later = host.fs.read('b').then(() => 'read', () => 'refused');
    await host.sleep(1);
    void host.fs.read('c').catch(() => {});
    return { seen, later: await later };
  },
  leftOpen: (host) => {
    void host.call('never', 'answered', {});
    void host.sleep(60_000);
    return { returned: true };
  },
};

export default definePlugin(({ name }: { name: string }, host) => cases[name]?.(host) as Promise<object>);
`;
