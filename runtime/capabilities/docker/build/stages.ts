import {
  type Dockerfile,
  type DockerfileProblem,
  type Instruction,
  parseDockerfile,
  readInstruction,
} from './dockerfile.ts';
import { expandArguments, readArgument } from './expand.ts';

/** A build, as far as it says what the daemon would fetch. */
export interface BuildPlan {
  readonly dockerfile: Dockerfile;
  /** One for each FROM, in order. */
  readonly stages: readonly Stage[];
}

/** One stage: from `FROM` to the next. */
export interface Stage {
  /** Lower case; empty where it has none. */
  readonly name: string;
  /** An image by its name, the stage of that index, or nothing. */
  readonly base:
    | { readonly kind: 'image'; readonly image: string }
    | { readonly kind: 'stage'; readonly index: number }
    | { readonly kind: 'scratch' };
  readonly line: number;
}

/**
 * Reads a Dockerfile and finds all that it is built from. What would have the daemon fetch anything else is a problem: ADD with a URL,
 * COPY from an image, triggers.
 */
export function planBuild(
  text: string,
  args: Readonly<Record<string, string>>,
): { readonly plan: BuildPlan } | DockerfileProblem {
  const dockerfile = parseDockerfile(text);
  if ('problem' in dockerfile) return dockerfile;
  const values: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const instruction of dockerfile.instructions) {
    const { keyword, rest, line } = instruction;
    if (keyword === 'FROM') {
      const stage = readStage(instruction, { values, stages });
      if ('problem' in stage) return stage;
      stages.push(stage);
    } else if (stages.length === 0) {
      if (keyword !== 'ARG') return { problem: `${keyword} stands before FROM`, remedy: 'Begin with FROM.', line };
      const argument = readArgument(rest);
      if (argument === undefined) {
        return {
          problem: `\`ARG ${rest}\` can't be read`,
          remedy: 'Before FROM write `ARG NAME=value`, each on its own line.',
          line,
        };
      }
      const given = Object.hasOwn(args, argument.name) ? args[argument.name] : undefined;
      const value = expandArguments(argument.value ?? '', values);
      if ('problem' in value) return { problem: value.problem, remedy: 'Write the value out.', line };
      values[argument.name] = given ?? value.text;
    } else {
      const problem = problemOf(instruction, stages.slice(0, -1));
      if (problem !== undefined) return { ...problem, line };
    }
  }
  if (stages.length === 0) return { problem: 'it has no FROM', remedy: 'Begin with `FROM image:tag`.', line: 1 };
  return { plan: { dockerfile, stages } };
}

function readStage(
  { rest, line }: Instruction,
  { values, stages }: { readonly values: Readonly<Record<string, string>>; readonly stages: readonly Stage[] },
): Stage | DockerfileProblem {
  const parts = /^([^\s-]\S*)(?:\s+[Aa][Ss]\s+([A-Za-z0-9][A-Za-z0-9_.-]*))?$/u.exec(rest);
  if (parts === null) {
    return {
      problem: `\`FROM ${rest}\` can't be read`,
      remedy: 'Write `FROM image:tag` or `FROM image:tag AS name`, without options.',
      line,
    };
  }
  const [, given = '', name = ''] = parts;
  const image = expandArguments(given, values);
  if ('problem' in image)
    return { problem: image.problem, remedy: "Write the image's name, or ARGs before the first FROM.", line };
  const taken = stages.some((stage) => stage.name !== '' && stage.name === name.toLowerCase());
  if (taken || /^(?:[0-9]+|scratch|waterflow-stage-.*)$/iu.test(name)) {
    return { problem: `a stage can't be called \`${name}\``, remedy: 'Give it a name of its own, with letters.', line };
  }
  const index = stages.findIndex((stage) => stage.name !== '' && stage.name === image.text.toLowerCase());
  const base: Stage['base'] =
    index >= 0
      ? { kind: 'stage', index }
      : image.text === 'scratch'
        ? { kind: 'scratch' }
        : { kind: 'image', image: image.text };
  return { name: name.toLowerCase(), base, line };
}

type Problem = Omit<DockerfileProblem, 'line'>;

/** What of an instruction would have the daemon fetch what nobody granted. `before` are the stages that COPY may take from. */
function problemOf({ keyword, rest }: Instruction, before: readonly Stage[]): Problem | undefined {
  if (keyword === 'ONBUILD') {
    return {
      problem: 'ONBUILD would act in a later build',
      remedy: 'Write the instruction where it is to be carried out.',
    };
  }
  const bare = rest.replaceAll(/["'\\`]/gu, '');
  if (keyword === 'RUN' && bare.startsWith('--')) {
    return { problem: 'RUN has an option', remedy: 'The classic builder has none: BuildKit is not used.' };
  }
  if (keyword === 'LABEL' && /dev\.waterflow/iu.test(bare)) {
    return { problem: "labels `dev.waterflow.*` are the agent's own", remedy: 'Take the label away.' };
  }
  if (['RUN', 'COPY', 'ADD'].includes(keyword) && /<<-?\s*["']?[A-Za-z_]/u.test(rest) && !rest.includes('<<<')) {
    return {
      problem: `${keyword} has a here-document`,
      remedy: 'The classic builder has none: use a file of the context.',
    };
  }
  if (keyword === 'ADD') return problemOfAdd(bare);
  if (keyword === 'COPY') return problemOfCopy(bare, before);
  return undefined;
}

/** ADD fetches what looks like a URL once quotes are taken off and variables are filled in. */
function problemOfAdd(bare: string): Problem | undefined {
  if (/\$/u.test(bare) || /(?:https?|ftp|git|ssh):|git@|:\/\//iu.test(bare)) {
    return {
      problem: 'ADD with a URL or a variable could have the daemon fetch anything',
      remedy: 'Put the file into the context (host.net can fetch it) and use COPY.',
    };
  }
  return undefined;
}

function problemOfCopy(bare: string, before: readonly Stage[]): Problem | undefined {
  // All that could be an option, also after others.
  const options = [...bare.matchAll(/--from\s*=?\s*(\S*)/giu)];
  for (const [, from = ''] of options) {
    const index = /^[0-9]{1,4}$/u.test(from)
      ? Number(from)
      : before.findIndex(({ name }) => name !== '' && name === from.toLowerCase());
    if (index < 0 || index >= before.length) {
      return {
        problem: `COPY takes from \`${from}\`, which is no stage before it`,
        remedy: 'Begin a stage with it, `FROM image:tag AS name`, and copy from that.',
      };
    }
  }
  return undefined;
}

/** What is wrong with an image's triggers: they are carried out first in a build upon it. */
export function problemOfTriggers(triggers: readonly string[]): string | undefined {
  for (const trigger of triggers) {
    const instruction = readInstruction(trigger, 1);
    const problem = 'problem' in instruction ? instruction : problemOf(instruction, []);
    if (problem !== undefined) return `\`ONBUILD ${trigger.slice(0, 100)}\`: ${problem.problem}`;
  }
  return undefined;
}

/**
 * The Dockerfile that the daemon gets: one instruction a line, each FROM by the id of an image that was looked at, and a label by which
 * what is left of a build is found. `ids` are those of the stages whose base is an image.
 */
export function writeDockerfile(
  { dockerfile, stages }: BuildPlan,
  ids: ReadonlyMap<number, string>,
  label: { readonly key: string; readonly value: string },
): string {
  const lines = [`# escape=${dockerfile.escape}`];
  /** A stage without a name gets one of ours, by which a later one can be built upon it. */
  const named = (index: number): string => stages[index]?.name || `waterflow-stage-${index}`;
  let stage = -1;
  for (const { keyword, rest } of dockerfile.instructions) {
    if (keyword !== 'FROM') {
      lines.push(`${keyword} ${rest}`);
      continue;
    }
    stage += 1;
    const base = stages[stage]?.base ?? { kind: 'scratch' };
    const from =
      base.kind === 'scratch' ? 'scratch' : base.kind === 'stage' ? named(base.index) : (ids.get(stage) ?? '');
    if (from === '') throw new TypeError(`the image of stage ${stage} was not looked up`);
    lines.push(`FROM ${from} AS ${named(stage)}`, `LABEL ${label.key}="${label.value}"`);
  }
  return `${lines.join('\n')}\n`;
}
