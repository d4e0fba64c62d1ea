/// The language in a thread of its own: it reads texts and answers, and asks nobody anything.
import { explanationAt, suggestionsAt } from '../../dsl/assist/index.ts';
import { editWorkflow, outlineOf } from '../../dsl/editing/index.ts';
import { type CompileResult, compile, secretNeeds } from '../../dsl/index.ts';
import type { JsonObject } from '../../schemas/index.ts';
import workflowSchema from '../../schemas/workflow.schema.json' with { type: 'json' };
import { knownNodes } from './known-nodes.ts';
import type { Answered, Asked, Questions } from './protocol.ts';

// What is in the file is JSON, whose exact type nobody needs.
const schema = workflowSchema as unknown as JsonObject;

let catalogue = knownNodes({ nodes: [], capabilities: {} });

function read(text: string, file: string): CompileResult {
  return compile(text, { file, catalogue });
}

function answer(asked: Asked): Questions[keyof Questions]['answers'] {
  switch (asked.kind) {
    case 'know':
      catalogue = knownNodes(asked.asks);
      return null;
    case 'read': {
      const { text, file } = asked.asks;
      const { plan, diagnostics } = read(text, file);
      const outline = outlineOf(text);
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
      const { text, file, edit } = asked.asks;
      return editWorkflow(text, edit, (changed) => read(changed, file).diagnostics);
    }
    case 'suggest':
      return suggestionsAt(asked.asks.text, asked.asks.offset, { schema, catalogue });
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
