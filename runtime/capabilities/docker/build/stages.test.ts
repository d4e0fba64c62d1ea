import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandArguments } from './expand.ts';
import { type BuildPlan, planBuild, problemOfTriggers, writeDockerfile } from './stages.ts';

function plan(text: string, args: Readonly<Record<string, string>> = {}): BuildPlan {
  const planned = planBuild(text, args);
  if ('problem' in planned) throw new TypeError(`${planned.line}: ${planned.problem}`);
  return planned.plan;
}

function basesOf(text: string, args?: Readonly<Record<string, string>>): readonly unknown[] {
  return plan(text, args).stages.map(({ base }) =>
    base.kind === 'image' ? base.image : base.kind === 'stage' ? base.index : base.kind,
  );
}

describe('what a build is made from', () => {
  test.each<[string, string, readonly unknown[]]>([
    ['an image', 'FROM alpine:3', ['alpine:3']],
    ['nothing', 'FROM scratch', ['scratch']],
    ['a stage, by its name in any case', 'FROM alpine AS Base\nFROM base AS x', ['alpine', 0]],
    ['an image of the name of a later stage', 'FROM nginx\nFROM alpine AS nginx', ['nginx', 'alpine']],
    ['an argument', 'ARG V=3\nFROM alpine:$V', ['alpine:3']],
    ['an argument of arguments', 'ARG A=al\nARG B=${A}pine\nFROM $B:3', ['alpine:3']],
    ['an argument’s default', 'FROM alpine:${V:-3}', ['alpine:3']],
    ['an alternative', 'ARG X=1\nFROM alpine:${X:+4}', ['alpine:4']],
  ])('%s', (_what, text, bases) => {
    expect(basesOf(text)).toEqual(bases);
  });

  test('a given argument instead of its default', () => {
    expect(basesOf('ARG V=3\nFROM alpine:$V', { V: '4', OTHER: 'x' })).toEqual(['alpine:4']);
    // Only an argument that is declared is one.
    expect(basesOf('FROM alpine:${V:-3}', { V: '4' })).toEqual(['alpine:3']);
  });
});

test('arguments that double each other’s values end, instead of filling the agent’s memory', () => {
  const doubled = (times: number): string => `ARG A=al\n${'ARG A=$A$A\n'.repeat(times)}FROM $A`;
  expect(basesOf(doubled(2))).toEqual(['alalalal']);
  for (const times of [12, 28, 60]) {
    expect(planBuild(doubled(times), {})).toMatchObject({ problem: 'its arguments come to more than 4096 characters' });
  }
  expect(expandArguments('$A$A', { A: 'a'.repeat(4096) })).toHaveProperty('problem');
});

describe('a Dockerfile that would have the daemon fetch something is refused', () => {
  test.each<[string, string]>([
    ['ADD of a URL', 'ADD https://example.com/x /x'],
    ['ADD of a URL in quotes', 'ADD ["ht""tps://example.com/x", "/x"]'],
    ['ADD of a URL with escapes', 'ADD h\\ttp://example.com/x /x'],
    ['ADD of a git repository', 'ADD git@github.com:acme/app.git /x'],
    ['ADD of a variable', 'ARG U=https://example.com\nADD $U /x'],
    ['ADD of a part of a URL', 'ARG U=ttp://example.com\nADD h${U} /x'],
    ['ADD over two lines', 'ADD \\\nhttps://example.com/x /x'],
    ['COPY from an image', 'COPY --from=nginx:latest /x /x'],
    ['COPY from an image after another option', 'COPY --chown=1:1 --from=nginx /x /x'],
    ['COPY from an image in quotes', 'COPY --fr"om"=nginx /x /x'],
    ['COPY from an image in any case', 'copy --FROM=nginx /x /x'],
    ['COPY from a variable', 'COPY --from=$IMAGE /x /x'],
    ['COPY from the stage itself', 'COPY --from=0 /x /x'],
    ['COPY from a later stage', 'COPY --from=later /x /x\nFROM alpine AS later'],
    ['ONBUILD', 'ONBUILD ADD https://example.com/x /x'],
    ['a mount of an image', 'RUN --mount=type=bind,from=nginx,target=/x true'],
    ['a network of its own', 'RUN --network=host true'],
    ['a here-document', 'RUN <<EOF\nFROM nginx\nEOF'],
    ['a here-document for a file', 'COPY <<EOF /x\nEOF'],
    ['another base', 'FROM --platform=linux/arm64 nginx'],
    ['a base of many words', 'FROM nginx as'],
    ['a base in quotes', 'FROM "nginx"'],
    ['a base with a shell’s operator', 'FROM ${X#y}'],
    ['a stage called as a number', 'FROM alpine AS 0'],
    ['a stage called as another', 'FROM alpine AS a\nFROM alpine AS A'],
    ['a stage called as one of ours', 'FROM alpine AS waterflow-stage-0'],
    ['a label of ours', 'LABEL "dev.water"flow.build=mine'],
  ])('%s', (_what, text) => {
    expect(planBuild(`FROM alpine\n${text}`, {})).toHaveProperty('problem');
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['only arguments', 'ARG A=1'],
    ['an instruction before FROM', 'RUN x\nFROM alpine'],
    ['an argument that can not be read', 'ARG A=$(id)\nFROM $A'],
    ['several arguments at once', 'ARG A=1 B=2\nFROM $A'],
  ])('also with %s', (_what, text) => {
    expect(planBuild(text, {})).toHaveProperty('problem');
  });
});

test('COPY from a stage before it, by name or number, is carried out', () => {
  const text =
    'FROM alpine AS base\nFROM alpine\nCOPY --from=base /x /x\nCOPY --from=0 /x /y\nADD local.tar /z\nCOPY . /all';
  expect(plan(text).stages).toHaveLength(2);
});

test('triggers of a base are held to the same', () => {
  expect(problemOfTriggers(['RUN true', 'COPY . /app', 'ADD local.tar /'])).toBeUndefined();
  expect(problemOfTriggers(['RUN true', 'ADD http://169.254.169.254/ /x'])).toContain('169.254');
  expect(problemOfTriggers(['COPY --from=nginx / /'])).toBeDefined();
  expect(problemOfTriggers(['FETCH x'])).toBeDefined();
});

test('the daemon gets ids for images, and a label in each stage', () => {
  const planned = plan(
    '# a comment\nARG V=3\nFROM alpine:$V AS base\nRUN a && \\\n b\nFROM base\nCOPY --from=base /x /\nFROM scratch',
  );
  const written = writeDockerfile(planned, new Map([[0, 'sha256:1']]), { key: 'dev.waterflow.build', value: 'mark' });
  expect(written.split('\n')).toEqual([
    '# escape=\\',
    'ARG V=3',
    'FROM sha256:1 AS base',
    'LABEL dev.waterflow.build="mark"',
    'RUN a &&  b',
    'FROM base AS waterflow-stage-1',
    'LABEL dev.waterflow.build="mark"',
    'COPY --from=base /x /',
    'FROM scratch AS waterflow-stage-2',
    'LABEL dev.waterflow.build="mark"',
    '',
  ]);
  expect(() => writeDockerfile(planned, new Map(), { key: 'k', value: 'v' })).toThrow('stage 0');
});

test('what is filled in is never filled in again', () => {
  assert(
    property(string(), (value) => {
      const expanded = expandArguments('a:$X', { X: value });
      return 'text' in expanded && expanded.text === `a:${value}`;
    }),
  );
});
