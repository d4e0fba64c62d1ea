import type ivm from 'isolated-vm';

/** V8's own counts of what ran: of each function its ranges, the inner ones after the one that they lie in. */
export interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly isBlockCoverage: boolean;
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** Counts what runs in an isolate. */
export interface CoverageProbe {
  /** What ran since, of the scripts with these names, as JSON text: a list of {@link ScriptCoverage}. */
  take(names: ReadonlySet<string>): Promise<string>;
}

/**
 * Begins to count in an isolate that was made with its inspector, before anything of the plugin is compiled. The inspector answers from a thread of its own
 * as soon as nothing runs in the isolate; the guest sees nothing of it.
 */
export async function startCoverage(isolate: ivm.Isolate): Promise<CoverageProbe> {
  const session = isolate.createInspectorSession();
  const waiting = new Map<number, (message: string) => void>();
  session.onResponse = (id, message) => {
    waiting.get(id)?.(message);
    waiting.delete(id);
  };
  session.onNotification = () => undefined;
  let last = 0;
  const ask = async (method: string, params: object = {}): Promise<object> => {
    last += 1;
    const { promise, resolve } = Promise.withResolvers<string>();
    waiting.set(last, resolve);
    session.dispatchProtocolMessage(JSON.stringify({ id: last, method, params }));
    const { result, error }: { readonly result?: object; readonly error?: object } = JSON.parse(await promise);
    if (result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  await ask('Profiler.enable');
  await ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    take: async (names) => {
      // By the protocol.
      const { result } = (await ask('Profiler.takePreciseCoverage')) as { readonly result: readonly ScriptCoverage[] };
      session.dispose();
      return JSON.stringify(result.filter(({ url }) => names.has(url)));
    },
  };
}
