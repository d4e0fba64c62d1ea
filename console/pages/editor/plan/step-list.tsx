import type { VNode } from 'preact';
import type { OutlinedStep, OutlinedSteps } from '../../../language/protocol.ts';
import { titleOf } from './choice.ts';

/** The steps of a list, with the lists in them. */
export function StepList({
  steps,
  chosen,
  label,
  choose,
}: {
  readonly steps: OutlinedSteps;
  readonly chosen: OutlinedStep | undefined;
  readonly label: string;
  readonly choose: (step: OutlinedStep) => void;
}): VNode {
  return (
    <ol class="step-list" aria-label={label}>
      {steps.steps.map((step) => (
        <li key={step.at.index}>
          <button type="button" aria-current={step === chosen ? 'true' : undefined} onClick={() => choose(step)}>
            {titleOf(step)}
          </button>
          {Object.entries(step.bodies).map(([input, body]) => (
            <div key={input}>
              <code class="muted">{input}</code>
              <StepList steps={body} chosen={chosen} label={`${label}: ${input}`} choose={choose} />
            </div>
          ))}
        </li>
      ))}
    </ol>
  );
}
