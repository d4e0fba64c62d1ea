import type { ConfinementLevel } from './api.ts';
import { spareMemoryClass } from './confinement/memory-class.ts';
import type { HostKind } from './confinement/recipe.ts';
import { FairQueue } from './fair-queue.ts';
import { type HostKey, sameKey, textOfKey } from './host-key.ts';
import { HostProcess } from './host-process.ts';
import type { SupervisorPowers } from './powers.ts';

/** A host that is the caller's alone until it is given back. `fresh` hosts have no plugin yet. */
export interface Lease {
  readonly host: HostProcess;
  readonly isFresh: boolean;
}

/** How many hosts, and how long each lives. */
export interface PoolLimits {
  /** Processes at a time, spares and idle ones included. */
  readonly ceiling: number;
  /** Started, confined, without a plugin: what is kept ready of each runtime. */
  readonly spares: { readonly isolate: number; readonly wasm: number };
  /** Invocations after which a host is replaced. */
  readonly recycle_after_calls: number;
  /** An idle host is ended after this. */
  readonly idle_ms: number;
  /** Where as many hosts are at work, one more only competes with them. */
  readonly processors: number;
}

/**
 * Above what it held after its first invocation, a host may keep half of that, and its class in any case: what large inputs
 * leave behind is collected when there is need. One that keeps more is replaced.
 */
const recycleShare = 0.5;
/** A spare is started this long after one was taken, so that it doesn't compete with the step that took it. */
const refillDelayMs = 50;

/** What starting a host takes, until it was measured. */
const usualStartMs = 50;
/** However busy the machine is. */
const longestPatienceMs = 5_000;

interface Ticket {
  readonly key: HostKey;
  /** The same for equal keys. */
  readonly keyText: string;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: unknown) => void;
}

/** A host that serves somebody, or is being started for somebody. */
interface Engagement {
  readonly key: HostKey;
  readonly since: number;
}

interface IdleHost {
  readonly host: HostProcess;
  readonly key: HostKey;
  readonly stopTimer: () => void;
}

/** Hosts by key, spares, and those who wait for one. */
export class HostPool {
  readonly #limits: PoolLimits;
  readonly #powers: SupervisorPowers;
  readonly #level: ConfinementLevel;
  readonly #start: (kind: HostKind) => Promise<HostProcess>;
  readonly #live = new Set<HostProcess>();
  /** Oldest first. */
  readonly #idle: IdleHost[] = [];
  readonly #spares: HostProcess[] = [];
  readonly #queue = new FairQueue<Ticket>();
  readonly #startingSpares = { isolate: 0, wasm: 0 };
  readonly #engaged = new Map<HostProcess | Ticket, Engagement>();
  #startMs = usualStartMs;
  #starting = 0;
  #stopRefill: (() => void) | undefined;
  #stopLooking: (() => void) | undefined;
  #isClosed = false;

  constructor(
    limits: PoolLimits,
    level: ConfinementLevel,
    given: { readonly powers: SupervisorPowers; readonly start: (kind: HostKind) => Promise<HostProcess> },
  ) {
    this.#limits = limits;
    this.#level = level;
    this.#powers = given.powers;
    this.#start = given.start;
  }

  /** Live hosts. */
  get hosts(): readonly HostProcess[] {
    return [...this.#live];
  }

  /** Takes in a host that was started elsewhere (the one that measured the level) as a spare. */
  adopt(host: HostProcess): void {
    this.#track(host);
    this.#spares.push(host);
  }

  /** A host for `key`, on behalf of a run; waits for its turn at the ceiling. Rejects where none can be started, or with the signal's reason. */
  acquire(key: HostKey, run: string, signal: AbortSignal): Promise<Lease> {
    if (this.#isClosed) return Promise.reject(new Error('the supervisor is closed'));
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const ticket: Ticket = { key, keyText: textOfKey(key), resolve, reject };
    const onAbort = () => {
      if (this.#queue.remove(ticket)) reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.push({ tenant: key.tenant, run }, ticket);
    this.#serve();
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** Gives a host back after an invocation; it is kept for the same key, or ended where its time has come. */
  release(lease: Lease, key: HostKey): void {
    const { host } = lease;
    host.calls += 1;
    host.lastTurnMs = this.#powers.now() - (this.#engaged.get(host)?.since ?? 0);
    this.#engaged.delete(host);
    const resident = host.memory()?.resident;
    host.firstResident ??= resident;
    if (this.#isClosed || !host.alive || hasGrown(host, resident) || host.calls >= this.#limits.recycle_after_calls)
      this.#discard(host);
    else this.#keep(host, key);
    this.#serve();
    this.#refillSoon();
  }

  /** Ends every host. Resolves when all are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopRefill?.();
    this.#stopLooking?.();
    for (let ticket = this.#queue.shift(); ticket !== undefined; ticket = this.#queue.shift()) {
      ticket.reject(new Error('the supervisor is closed'));
    }
    for (const { stopTimer } of this.#idle.splice(0)) stopTimer();
    this.#spares.length = 0;
    await Promise.all([...this.#live].map((host) => host.kill()));
  }

  /** Starts the spares that are missing; at the ceiling the host that has been idle for longest makes room. */
  refill(): void {
    for (const runtime of ['isolate', 'wasm'] as const) {
      const has = this.#spares.filter(({ kind }) => kind.runtime === runtime).length + this.#startingSpares[runtime];
      for (let missing = this.#limits.spares[runtime] - has; missing > 0; missing -= 1) {
        if (!this.#hasRoom() && !this.#endOldestIdle()) return;
        void this.#startSpare(runtime);
      }
    }
  }

  #serve(): void {
    // Those that wait for hosts of one key are all ready, or none of them is: very many may wait.
    const verdicts = new Map<string, boolean>();
    const isReady = ({ key, keyText }: Ticket): boolean => {
      const verdict = verdicts.get(keyText) ?? this.#canServe(key);
      verdicts.set(keyText, verdict);
      return verdict;
    };
    for (let ticket = this.#queue.shift(isReady); ticket !== undefined; ticket = this.#queue.shift(isReady)) {
      this.#serveTicket(ticket);
      verdicts.clear();
    }
    this.#lookAgain();
  }

  /** What is slow is so by and by: as long as somebody waits, it is looked at now and then. */
  #lookAgain(): void {
    if (this.#queue.length > 0) this.#stopLooking ??= this.#powers.every(this.#startMs, () => this.#serve());
    else {
      this.#stopLooking?.();
      this.#stopLooking = undefined;
    }
  }

  /**
   * Steps are often shorter than the start of a process. Where hosts of the same key are at work, one that is waited for is as
   * good as another one, which would push others' hosts out and compete with them for processors. Where it isn't, as many are
   * started at a time as there are.
   */
  #canServe(key: HostKey): boolean {
    if (this.#idle.some((each) => each.host.alive && sameKey(each.key, key))) return true;
    const engaged = [...this.#engaged].filter(([, each]) => sameKey(each.key, key));
    if (engaged.length > 0 && !this.#isSlow(key, engaged)) return false;
    if (this.#findSpare(key) !== -1) return true;
    const starting = engaged.filter(([by]) => !(by instanceof HostProcess)).length;
    if (starting > 0 && starting >= engaged.length - starting) return false;
    return this.#hasRoom() || this.#idle.length + this.#spares.length > 0;
  }

  /**
   * Whether those that wait for hosts of the key will do so for longer than another host takes to start among so many that are at
   * work. A turn takes as long as the one before it, or as the present one has already taken.
   */
  #isSlow(key: HostKey, engaged: readonly (readonly [HostProcess | Ticket, Engagement])[]): boolean {
    const now = this.#powers.now();
    const turns = engaged.map(([by, { since }]) =>
      Math.max(now - since, by instanceof HostProcess ? by.lastTurnMs : 0),
    );
    const waiting = this.#queue.count((ticket) => sameKey(ticket.key, key));
    const share = Math.max(1, this.#engaged.size / this.#limits.processors);
    return (waiting / engaged.length) * Math.min(...turns) > this.#startMs * share;
  }

  #serveTicket(ticket: Ticket): void {
    const { key } = ticket;
    const idle = this.#idle.findIndex((each) => each.host.alive && sameKey(each.key, key));
    const [known] = idle === -1 ? [] : this.#idle.splice(idle, 1);
    if (known !== undefined) {
      known.stopTimer();
      this.#engage(known.host, key);
      ticket.resolve({ host: known.host, isFresh: false });
      return;
    }
    const spare = this.#takeSpare(key);
    if (spare !== undefined) {
      this.#engage(spare, key);
      ticket.resolve({ host: spare, isFresh: true });
      this.#refillSoon();
      return;
    }
    if (!this.#hasRoom()) this.#makeRoom();
    void this.#startFor(ticket);
  }

  #engage(by: HostProcess | Ticket, key: HostKey): void {
    this.#engaged.set(by, { key, since: this.#powers.now() });
  }

  #findSpare(key: HostKey): number {
    return this.#spares.findIndex(
      ({ kind, alive }) => alive && kind.runtime === key.runtime && kind.memoryClass === key.memoryClass,
    );
  }

  #takeSpare(key: HostKey): HostProcess | undefined {
    const index = this.#findSpare(key);
    return index === -1 ? undefined : this.#spares.splice(index, 1)[0];
  }

  #hasRoom(): boolean {
    return this.#live.size + this.#starting < this.#limits.ceiling;
  }

  /** Ends the host that has been idle for longest, or a spare of the wrong kind. */
  #makeRoom(): void {
    if (this.#endOldestIdle()) return;
    const spare = this.#spares.shift();
    if (spare !== undefined) this.#discard(spare);
  }

  #endOldestIdle(): boolean {
    const oldest = this.#idle.shift();
    if (oldest === undefined) return false;
    oldest.stopTimer();
    this.#discard(oldest.host);
    return true;
  }

  async #startFor(ticket: Ticket): Promise<void> {
    this.#starting += 1;
    this.#engage(ticket, ticket.key);
    const { runtime, memoryClass } = ticket.key;
    const startedAt = this.#powers.now();
    try {
      const host = await this.#start({ runtime, memoryClass, level: this.#level });
      if (this.#isClosed) {
        await host.kill();
        throw new Error('the supervisor is closed');
      }
      this.#startMs = Math.min(this.#powers.now() - startedAt, longestPatienceMs);
      this.#track(host);
      this.#engage(host, ticket.key);
      ticket.resolve({ host, isFresh: true });
    } catch (error) {
      ticket.reject(error);
    } finally {
      this.#starting -= 1;
      this.#engaged.delete(ticket);
      this.#serve();
    }
  }

  async #startSpare(runtime: 'isolate' | 'wasm'): Promise<void> {
    this.#starting += 1;
    this.#startingSpares[runtime] += 1;
    try {
      const host = await this.#start({ runtime, memoryClass: spareMemoryClass, level: this.#level });
      if (this.#isClosed) await host.kill();
      else this.adopt(host);
    } catch {
      // A spare is a convenience: whoever needs a host starts one and sees the reason.
    } finally {
      this.#starting -= 1;
      this.#startingSpares[runtime] -= 1;
      this.#serve();
    }
  }

  #refillSoon(): void {
    if (this.#isClosed || this.#stopRefill !== undefined) return;
    const stop = this.#powers.every(refillDelayMs, () => {
      stop();
      this.#stopRefill = undefined;
      if (this.#queue.length === 0) this.refill();
    });
    this.#stopRefill = stop;
  }

  #keep(host: HostProcess, key: HostKey): void {
    const stopTimer = this.#powers.every(this.#limits.idle_ms, () => this.#discard(host));
    this.#idle.push({ host, key, stopTimer });
  }

  #discard(host: HostProcess): void {
    this.#forget(host);
    void host.kill();
  }

  #track(host: HostProcess): void {
    this.#live.add(host);
    const forgetAtEnd = async () => {
      await host.ended;
      this.#forget(host);
      this.#serve();
    };
    void forgetAtEnd();
  }

  #forget(host: HostProcess): void {
    this.#live.delete(host);
    this.#engaged.delete(host);
    const spare = this.#spares.indexOf(host);
    if (spare !== -1) this.#spares.splice(spare, 1);
    const idle = this.#idle.findIndex((each) => each.host === host);
    if (idle !== -1) this.#idle.splice(idle, 1)[0]?.stopTimer();
  }
}

function hasGrown({ firstResident, kind }: HostProcess, resident: number | undefined): boolean {
  if (resident === undefined || firstResident === undefined) return false;
  return resident - firstResident > Math.max(recycleShare * firstResident, kind.memoryClass * 1024 * 1024);
}
