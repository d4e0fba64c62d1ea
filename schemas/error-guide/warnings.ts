import type { GuideEntry } from '../error-guide.ts';

/** What the reader of a workflow file warns of; none of these keeps it from running. */
export type WarningCode =
  | 'SCRIPT_INJECTION'
  | 'SECRET_ON_COMMAND_LINE'
  | 'NEVER_TRUE'
  | 'CONSTANT_CONDITION'
  | 'UNREACHABLE'
  | 'UNUSED_OUTPUT'
  | 'DEPRECATED'
  | 'UNPINNED_PLUGIN'
  | 'UNKNOWN_QUEUE';

/** A file with one job, whose lines are given without their indentation. */
function job(lines: string): string {
  return `jobs:\n  build:\n    ${lines.replaceAll('\n', '\n    ')}\n`;
}

/** Each example is a file of which the reader reports the code. */
export const warningGuide: Readonly<Record<WarningCode, GuideEntry>> = {
  SCRIPT_INJECTION: {
    cause: 'A value from outside becomes part of a script, so that whoever sets it can run commands. A warning.',
    remedy: 'Hand the value over by `env`, and read the variable in the script.',
    example: {
      workflow: `on: { manual: { inputs: { target: } } }\n${job('steps:\n  - run: deploy ${{ inputs.target }}')}`,
    },
  },
  SECRET_ON_COMMAND_LINE: {
    cause:
      'A secret is written into a script, where its value is code, or into the arguments of a command, which every process of the machine can read. A warning.',
    remedy: 'Hand the secret over by `env`, and read the variable in the script or the command.',
    example: { workflow: job("steps:\n  - run: 'curl --oauth2-bearer ${{ secrets.TOKEN }} https://example.com'") },
  },
  NEVER_TRUE: {
    cause:
      'A comparison asks for a value that can never be there: a word that is none of the possible ones, a text beside true or false, an object as a whole. A warning.',
    remedy: 'Compare with one of the values that the message names.',
    example: {
      workflow: job("steps:\n  - id: test\n    run: make test\n  - run: make\n    if: steps.test.outcome == 'sucess'"),
    },
  },
  CONSTANT_CONDITION: {
    cause: 'A condition, or a comparison in it, always comes out the same, so that it decides nothing. A warning.',
    remedy: 'Compare with a value that can change, or remove the condition.',
    example: { workflow: job("steps:\n  - run: make\n    if: vars.target || 'live'") },
  },
  UNREACHABLE: {
    cause:
      'A job or step never runs: its condition is always false, or the job waits for the success of one that never runs. A warning.',
    remedy: 'Write a condition that can be true, or remove what never runs.',
    example: { workflow: job('steps:\n  - run: make\n    if: false') },
  },
  UNUSED_OUTPUT: {
    cause:
      'A job that another one needs has an output that nothing in the file reads, and no other file can call the workflow. A warning.',
    remedy: 'Read it in a job that needs this one, or remove it.',
    example: {
      workflow: `${job('outputs: { version: 1.0.0 }\nsteps:\n  - run: make')}  ship:\n    needs: build\n    steps:\n      - run: make\n`,
    },
  },
  DEPRECATED: {
    cause:
      "A script prints a command for GitHub's runner of old, such as `::set-output`, which nothing here reads. A warning.",
    remedy: 'Write outputs to the file `$WATERFLOW_OUTPUT`.',
    example: { workflow: job('steps:\n  - run: \'echo "::set-output name=tag::v1"\'') },
  },
  UNPINNED_PLUGIN: {
    cause:
      "A step uses a plugin of somebody else's in whatever version is installed where it runs: another one may be there tomorrow. A warning.",
    remedy:
      'Name the plugin by its digest, `name@sha256:…`, or exactly by a version that `waterflow.lock` has where the file is checked.',
    example: { situation: '`uses: fetch-release@v1`, a plugin of the plugin folder that did not come with Waterflow.' },
  },
  UNKNOWN_QUEUE: {
    cause: 'No agent has ever served the queue that `runs-on` names, so that the job would wait for one. A warning.',
    remedy: 'Name a queue that agents serve, or start an agent that serves this one.',
    example: { situation: '`runs-on: wbe`, checked by `waterflow validate --queues web,gpu`.' },
  },
};
