/// The language in a thread of its own: it reads texts and answers, and asks nobody anything.
import { explanationAt, suggestionsAt } from '../../dsl/assist/index.ts';
import { editWorkflow, outlineOf } from '../../dsl/editing/index.ts';
import { type CompileResult, compile, secretNeeds } from '../../dsl/index.ts';
import type { JsonObject } from '../../schemas/index.ts';
import workflowSchema from '../../schemas/workflow.schema.json' with { type: 'json' };
import { calledAmong } from './called-files.ts';
import { knownNodes } from './known-nodes.ts';
import type { Answered, Asked, Questions, Source } from './protocol.ts';
import { remembered } from './remembered.ts';

// What is in the file is JSON, whose exact type nobody needs.
const schema = workflowSchema as unknown as JsonObject;

let catalogue = knownNodes({ nodes: [], capabilities: {} });
let queues: readonly string[] = [];
let read = reader();

/** After an edit the same text is asked about again once nothing more is written. */
let last: { readonly text: string; readonly outline: ReturnType<typeof outlineOf> } | undefined;

function outlined(text: string): ReturnType<typeof outlineOf> {
  if (last?.text !== text) last = { text, outline: outlineOf(text) };
  return last.outline;
}

function reader(): (source: Source) => CompileResult {
  return remembered(({ text, file, files }) => compile(text, { file, catalogue, readWorkflow: calledAmong(files) }));
}

function answer(asked: Asked): Questions[keyof Questions]['answers'] {
  switch (asked.kind) {
    case 'know':
      catalogue = knownNodes(asked.asks);
      ({ queues } = asked.asks);
      read = reader();
      return null;
    case 'read': {
      const { plan, diagnostics } = read(asked.asks);
      const outline = outlined(asked.asks.text);
      const secrets =
        plan === undefined ? [] : secretNeeds(plan).map(({ name, conditional }) => ({ name, conditional }));
      return {
        diagnostics,
        secrets,
        ...(plan === undefined ? {} : { plan }),
        ...(outline === undefined ? {} : { outline }),
      };
    }
    case 'edit': {
      const { edit, ...source } = asked.asks;
      return editWorkflow(source.text, edit, (text) => read({ ...source, text }).diagnostics);
    }
    case 'suggest':
      return suggestionsAt(asked.asks.text, asked.asks.offset, { schema, catalogue, queues });
    case 'explain':
      return explanationAt(asked.asks.text, asked.asks.offset, { schema, catalogue });
    default:
      return asked satisfies never;
  }
}

addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  let answered: Answered;
  try {
    answered = { id: data.id, answer: answer(data) };
  } catch (thrown) {
    answered = { id: data.id, failed: String(thrown) };
  }
  postMessage(answered);
});
