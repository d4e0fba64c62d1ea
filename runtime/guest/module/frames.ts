/** The bridge of the prelude over frames of ABI waterflow (docs/host-calls.md), in a module. */
import type { Bridge } from '../calls.ts';

/** What of an answer is looked at here; the sandbox host writes the id first. */
const idAtTheFront = /^\{"id":(\d+)/;
/** How an answer begins that is no refusal. */
const isOk = /^\{"id":\d+,(?:"cancelled":true,)?"ok":/;
/** How a refusal begins of a call whose arguments are larger than a call may be. */
const tooLarge = '{"error":{"code":"LIMIT_EXCEEDED"';
/** Of the arguments of a call, in bytes, as the sandbox host has it. It is seen here first, before there are more copies of them. */
const callBytesLimit: number = 8 * 1024 * 1024;

/** An answer to a call, by its id. */
interface Answer {
  readonly id: number;
  readonly json: string;
}

/** The bridge, and the answers that come over it. */
export interface Frames extends Bridge {
  /** The next answer, whichever call it belongs to; blocks. Undefined where no call is open. */
  readonly next: () => Answer | undefined;
  /** What `finish` was called with, in a word. */
  readonly end: () => 'open' | 'returned' | 'failed';
  /** The denial or failure of a call that was left open; undefined where there is none any more. */
  readonly nextRefusal: () => Answer | undefined;
  /** Posts what the plugin logged while it was built, as each isolate would when it loads it. */
  readonly postEarlyCalls: () => void;
}

/** Makes it. */
export function createFrames(): Frames {
  /** Those that came while another one was waited for, and refusals of frames, which have ids below zero here. */
  const arrived: Answer[] = [];
  const earlyPosts: [string, string, string][] = [];
  let refused = 0;
  let end: 'open' | 'returned' | 'failed' = 'open';

  const receive = (): Answer | undefined => answerIn(natives.send('{"v":1,"do":"wait"}'));
  return {
    submit: (...call) => {
      const answer = sendCall('submit', call);
      const id = idAtTheFront.exec(answer)?.[1];
      if (id !== undefined) return Number(id);
      if (answer.startsWith(tooLarge)) return 0;
      refused -= 1;
      arrived.push({ id: refused, json: answer });
      return refused;
    },
    post: (...call) => {
      if (natives.isBuilding()) return earlyPosts.push(call);
      return Number(idAtTheFront.exec(sendCall('post', call))?.[1] ?? 0);
    },
    wait: (id) => {
      const index = arrived.findIndex((answer) => answer.id === id);
      if (index !== -1) return arrived.splice(index, 1)[0]?.json ?? '{}';
      for (;;) {
        const answer = receive();
        // It is open, so there is one.
        if (answer === undefined || answer.id === id) return answer?.json ?? '{}';
        arrived.push(answer);
      }
    },
    finish: (kind, details) => {
      // The first word counts; only that it failed after all comes behind that it returned.
      if (end === 'failed' || (end === 'returned' && kind === 'returned')) return;
      end = kind === 'returned' ? 'returned' : 'failed';
      if (kind === 'returned') natives.output(details);
      else natives.error(`{"v":1,"fail":${JSON.stringify(kind)},"details":${details}}`);
    },
    next: () => arrived.shift() ?? receive(),
    nextRefusal: () => {
      const early = arrived.splice(0).filter(({ json }) => !isOk.test(json));
      arrived.push(...early);
      return arrived.shift() ?? answerIn(natives.send('{"v":1,"do":"end"}'));
    },
    end: () => end,
    postEarlyCalls: () => {
      for (const call of earlyPosts) sendCall('post', call);
    },
  };
}

function answerIn(json: string): Answer | undefined {
  const id = idAtTheFront.exec(json)?.[1];
  return id === undefined ? undefined : { id: Number(id), json };
}

function sendCall(verb: 'submit' | 'post', [capability, operation, args]: readonly [string, string, string]): string {
  if (args.length > callBytesLimit) return tooLarge;
  const names = `"capability":${JSON.stringify(capability)},"operation":${JSON.stringify(operation)}`;
  return natives.send(`{"v":1,"do":"${verb}",${names},"args":${args}}`);
}
