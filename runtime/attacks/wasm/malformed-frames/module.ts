import { framesModule } from '../../testing/calls-module.ts';

const deep = 20_000;
const frames = [
  '{',
  '[]',
  'null',
  '{"v":2,"do":"call","capability":"log","operation":"write"}',
  '{"v":1,"do":"grant"}',
  '{"v":1,"do":"call","capability":1,"operation":{}}',
  '{"v":1,"do":"wait"}',
  '{"v":1,"do":"call","capability":"__proto__","operation":"constructor","args":{"__proto__":{}}}',
  `{"v":1,"do":"call","capability":"log","operation":"write","args":${'['.repeat(deep)}${']'.repeat(deep)}}`,
];

export default function build(): Uint8Array {
  return framesModule(frames);
}
