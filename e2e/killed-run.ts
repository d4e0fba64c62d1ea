/** Runs of the command that are killed (SIGKILL) and resumed, again and again, while somebody operates them from other processes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunNotice, RunSummary } from '../engine/port.ts';
import { type Ended, folderWith, noticesOf, type RunningCommand, start, waterflow } from './command.ts';
import { wholeLines } from './crashing-run.ts';
import { descendantsOf, type Process } from './processes.ts';

/** What is run, and what is asked of it meanwhile. */
export interface Scenario {
  readonly name: string;
  /**
   * `w.yml` is run. Each step that runs something notes in the file $LEDGER that it began, as `<job>/<step>`, and with `|<why>` where it
   * is to run again; where several runs go on, with `<name>:` before it.
   */
  readonly files: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** Runs that go on at the same time, by the names that they get as the input `name`. Default: one without. */
  readonly runs?: readonly string[];
  /** What somebody does on hearing a notice: the arguments of a command, where `RUN` is the run's id. */
  readonly operator?: (notice: RunNotice, ledger: readonly string[]) => readonly string[] | undefined;
  /** The run comes to its end first, and what is killed is this command, which runs it again. */
  readonly rerun?: readonly string[];
  /** What the ledger shows to be wrong, beside steps that ran again. */
  readonly problems?: (ledger: readonly string[]) => readonly string[];
}

/** When a process is killed: so long after it has printed so many lines. */
export interface KillPoint {
  readonly lines: number;
  readonly thenMs: number;
}

/** How a run came to its end. */
export interface Played {
  readonly status: RunSummary['status'] | 'none';
  readonly result: unknown;
  /** By `<job>/<step>`. */
  readonly stepOutputs: Readonly<Record<string, unknown>>;
  /** Steps that began again although it had been told that they were over. */
  readonly again: readonly string[];
  readonly audit: string;
  readonly kills: number;
  /** The most lines that one of its processes printed. */
  readonly lines: number;
}

/** A folder in which a scenario takes place. */
export class Stage {
  readonly #scenario: Scenario;
  readonly #folder: string;
  /** What killed processes had started. */
  readonly left: Process[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#folder = folderWith(scenario.files);
  }

  /** What steps noted, in order. */
  ledger(): readonly string[] {
    const file = this.#ledgerFile;
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Brings every run of the scenario to its end; the processes of each are killed at these points, the last one isn't. */
  async play(points: readonly KillPoint[]): Promise<readonly Played[]> {
    return await Promise.all((this.#scenario.runs ?? ['']).map((name) => this.#playOne(name, points)));
  }

  async #playOne(name: string, points: readonly KillPoint[]): Promise<Played> {
    const { rerun } = this.#scenario;
    const begin = this.#begin(name);
    const over = new StepsOver(name);
    const again: string[] = [];
    let [kills, lines, run]: [number, number, string | undefined] = [0, 0, undefined];
    const drive = async (argv: readonly string[], point?: KillPoint): Promise<Ended> => {
      const before = this.ledger();
      const ended = await this.#drive(argv, { run, point });
      const sure = over.entriesIn(before);
      const since = this.ledger().slice(before.length);
      again.push(...since.filter((entry) => sure.has(entry)));
      over.note(ended);
      run ??= runIn(ended);
      lines = Math.max(lines, ended.stdout.split('\n').length);
      return ended;
    };
    if (rerun !== undefined) await drive(begin);
    for (let resuming = false, turn = 0; ; turn += 1) {
      const ended = await drive(run === undefined ? begin : resuming ? resume : (rerun ?? resume), points[turn]);
      if (ended.signal === 'SIGKILL') {
        kills += 1;
        resuming = true;
      } else if (rerun !== undefined && attemptIn(ended) === 1) {
        // What was killed before it had begun the rerun left a run that has ended.
        resuming = false;
      } else {
        return { ...outcomeOf(ended), again, audit: await this.#audit(run), kills, lines };
      }
    }
  }

  /** One process, operated, and killed at its point. Whoever asked something of it has an answer when this resolves. */
  async #drive(
    argv: readonly string[],
    { run = '', point }: { readonly run: string | undefined; readonly point: KillPoint | undefined },
  ): Promise<Ended> {
    const command = start([...named(argv, run), '--state', 'state', '--json'], { cwd: this.#folder });
    const operations = this.#operate(command);
    const letLive = point === undefined ? undefined : this.#killAt(command, point);
    const ended = await command.ended;
    letLive?.();
    await Promise.all(operations);
    return ended;
  }

  #killAt(command: RunningCommand, { lines, thenMs }: KillPoint): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      if (command.stdout.split('\n').length <= lines) return;
      timer ??= setTimeout(() => {
        this.left.push(...descendantsOf(command.child.pid ?? 0));
        command.kill('SIGKILL');
      }, thenMs);
    };
    command.child.stdout.on('data', look);
    look();
    return () => clearTimeout(timer);
  }

  #operate(command: RunningCommand): readonly Promise<Ended>[] {
    const { operator } = this.#scenario;
    const operations: Promise<Ended>[] = [];
    if (operator === undefined) return operations;
    let heard = 0;
    command.child.stdout.on('data', () => {
      const notices = noticesOf({ stdout: wholeLines(command.stdout).slice(heard) });
      heard = wholeLines(command.stdout).length;
      for (const notice of notices) {
        const argv = operator(notice, this.ledger());
        if (argv === undefined) continue;
        operations.push(waterflow([...named(argv, notice.run), '--state', 'state'], { cwd: this.#folder }));
      }
    });
    return operations;
  }

  #begin(name: string): readonly string[] {
    const vars = Object.entries({ LEDGER: this.#ledgerFile, ...this.#scenario.vars });
    return [
      'run',
      'w.yml',
      ...(name === '' ? [] : ['--input', `name=${name}`]),
      ...vars.flatMap(([key, value]) => ['--var', `${key}=${value}`]),
    ];
  }

  async #audit(run: string | undefined): Promise<string> {
    const argv = ['audit', 'verify', run ?? '', '--state', 'state', '--json'];
    const { stdout, stderr } = await waterflow(argv, { cwd: this.#folder });
    // What `audit verify --json` prints.
    return stdout === '' ? stderr : (JSON.parse(stdout) as { readonly kind: string }).kind;
  }

  get #ledgerFile(): string {
    return join(this.#folder, 'ledger');
  }
}

const resume = ['run', '--resume', 'RUN'];

/** The steps of a run that are over, as it has told. */
class StepsOver {
  readonly #before: string;
  /** How often each has ended. */
  readonly #times = new Map<string, number>();

  constructor(name: string) {
    this.#before = name === '' ? '' : `${name}:`;
  }

  note(ended: Ended): void {
    for (const notice of noticesOf({ stdout: wholeLines(ended.stdout) })) {
      if (notice.type !== 'step_finished' || notice.reused === true || notice.status === 'skipped') continue;
      const step = `${this.#before}${notice.job}/${notice.step}`;
      this.#times.set(step, (this.#times.get(step) ?? 0) + 1);
    }
  }

  /** The entries of a ledger that these steps made. One that ran again on purpose made several, and the first of them are over. */
  entriesIn(ledger: readonly string[]): ReadonlySet<string> {
    const seen = new Map<string, number>();
    const over = new Set<string>();
    for (const entry of new Set(ledger)) {
      const [step = ''] = entry.split('|');
      const number = (seen.get(step) ?? 0) + 1;
      seen.set(step, number);
      if (number <= (this.#times.get(step) ?? 0)) over.add(entry);
    }
    return over;
  }
}

function named(argv: readonly string[], run: string): readonly string[] {
  return argv.map((word) => (word === 'RUN' ? run : word));
}

/** The run's id, where it was told; a run that was killed before is one that nobody knows of. */
function runIn({ stdout }: Ended): string | undefined {
  return noticesOf({ stdout: wholeLines(stdout) })[0]?.run;
}

function attemptIn(ended: Ended): number | undefined {
  return summaryIn(ended)?.attempt;
}

function summaryIn({ stdout }: Ended): RunSummary | undefined {
  const last = noticesOf({ stdout: wholeLines(stdout) }).at(-1);
  return last?.type === 'summary' ? last : undefined;
}

/** What a run came to; of iterations, whose details are those of the first that ended, only their counts. */
function outcomeOf(ended: Ended): Pick<Played, 'status' | 'result' | 'stepOutputs'> {
  const summary = summaryIn(ended);
  if (summary === undefined) {
    const { stderr, stdout } = ended;
    return { status: 'none', result: { stderr, stdout: stdout.slice(-1000) }, stepOutputs: {} };
  }
  const jobs = Object.entries(summary.jobs).map(([job, { status, reused, outputs, steps }]) => {
    const ends = Object.entries(steps)
      .filter(([key]) => !key.includes('['))
      .map(([key, step]) => [key, step.outcome, step.conclusion, step.outputs, step.iterations, step.reused]);
    return [job, status, reused, outputs, ends];
  });
  const stepOutputs = Object.entries(summary.jobs).flatMap(([job, { steps }]) =>
    Object.entries(steps).map(([key, { outputs }]) => [`${job}/${key}`, outputs]),
  );
  const { status, attempt } = summary;
  return { status, result: { status, attempt, jobs }, stepOutputs: Object.fromEntries(stepOutputs) };
}
