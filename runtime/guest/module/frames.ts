/** The bridge of the prelude over frames of ABI waterflow (docs/host-calls.md), in a module. */
import type { Bridge } from '../calls.ts';

/** What of an answer is looked at here; the sandbox host writes the id first. */
const idAtTheFront = /^\{"id":(\d+)/;
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
  /** Whether `finish` was called. */
  readonly hasEnded: () => boolean;
  /** Posts what the plugin logged while it was built, as each isolate would when it loads it. */
  readonly postEarlyCalls: () => void;
}

/** Makes it. */
export function createFrames(): Frames {
  /** Those that came while another one was waited for, and refusals of frames, which have ids below zero here. */
  const arrived: Answer[] = [];
  const earlyPosts: [string, string, string][] = [];
  let refused = 0;
  let ended = false;

  const receive = (): Answer | undefined => {
    const json = natives.send('{"v":1,"do":"wait"}');
    const id = idAtTheFront.exec(json)?.[1];
    return id === undefined ? undefined : { id: Number(id), json };
  };
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
      if (ended) return;
      ended = true;
      if (kind === 'returned') natives.output(details);
      else natives.error(`{"v":1,"fail":${JSON.stringify(kind)},"details":${details}}`);
    },
    next: () => arrived.shift() ?? receive(),
    hasEnded: () => ended,
    postEarlyCalls: () => {
      for (const call of earlyPosts) sendCall('post', call);
    },
  };
}

function sendCall(verb: 'submit' | 'post', [capability, operation, args]: readonly [string, string, string]): string {
  if (args.length > callBytesLimit) return tooLarge;
  const names = `"capability":${JSON.stringify(capability)},"operation":${JSON.stringify(operation)}`;
  return natives.send(`{"v":1,"do":"${verb}",${names},"args":${args}}`);
}
