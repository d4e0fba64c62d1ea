import type { PluginVersions } from '../../agent/plugin-versions/index.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { Plan, RunId } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';
import { pluginsOfRun } from './run-plugins.ts';

/** Runs that an agent asks for in one sweep: each is a question to whoever drives it. */
const mostAsked = 20;

/** A run that a process takes up. */
interface TakenRun {
  readonly run: RunId;
  readonly attempt: number;
  readonly plan: Plan;
}

/** What the runs of this process have begun with; `isOver` tells of a run that no process here has. */
export class RunVersions {
  readonly #terminal: Terminal;
  readonly #versions: PluginVersions;
  readonly #isOver: (run: RunId) => Promise<boolean>;
  /** The runs that are here, each as often as it was taken up. */
  readonly #here = new Map<RunId, number>();
  #next = 0;
  #sweeping = false;

  constructor(terminal: Terminal, versions: PluginVersions, isOver: (run: RunId) => Promise<boolean>) {
    this.#terminal = terminal;
    this.#versions = versions;
    this.#isOver = isOver;
  }

  /** The plugins of a run, which is here until {@link leave}; see {@link pluginsOfRun}. */
  async take({ run, attempt, plan }: TakenRun, plugins: PluginCatalogue): Promise<Pick<PluginCatalogue, 'resolve'>> {
    this.#here.set(run, (this.#here.get(run) ?? 0) + 1);
    try {
      const eraseTypes = erasureFor(this.#terminal);
      return await pluginsOfRun({ versions: this.#versions, of: { run, attempt }, plan, plugins, eraseTypes });
    } catch (cause) {
      this.leave(run);
      throw cause;
    }
  }

  /** The run isn't here any more. What it began with stays, for whoever goes on with it. */
  leave(run: RunId): void {
    const times = (this.#here.get(run) ?? 0) - 1;
    if (times > 0) this.#here.set(run, times);
    else this.#here.delete(run);
  }

  /** The run has come to its end, and nothing of it will go on. */
  end(run: RunId): void {
    this.leave(run);
    if (!this.#here.has(run)) this.#versions.release(run);
  }

  /** Releases what is left of runs that are over; some of them, where there are many. Who can't be asked for is asked for another time. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const runs = this.#versions.runs();
      const from = this.#next < runs.length ? this.#next : 0;
      const asked = runs.slice(from, from + mostAsked);
      this.#next = from + asked.length;
      for (const run of asked) {
        const isOver = !this.#here.has(run) && (await this.#isOver(run).catch(() => false));
        if (isOver && !this.#here.has(run)) this.#versions.release(run);
      }
    } finally {
      this.#sweeping = false;
    }
  }
}
