import type { Given } from './example-runs.ts';

/** What an example that succeeds promises in its first lines. */
export interface Promised {
  readonly file: string;
  readonly promise: string;
  readonly given?: Given;
  /** Some of its jobs, which succeed. */
  readonly jobs: readonly string[];
  /** Beginnings or parts of lines of its log, as `job/step: text`. */
  readonly says: readonly string[];
}

export const promises: readonly Promised[] = [
  { file: 'hello.yml', promise: 'says hello', jobs: ['greet'], says: ['greet/0: Hello from '] },
  {
    file: 'expressions.yml',
    promise: 'says hello to everybody in the list',
    jobs: ['greet'],
    says: ['greet/0: Hello, Ada and Grace and Edsger', 'greet/1: that is a few', 'greet/2: Grace is not the first'],
  },
  {
    file: 'expressions.yml',
    promise: 'takes another list and greeting',
    given: { inputs: { names: '["Grace","ada"]', crowd: '1' }, vars: { greeting: 'Good day' } },
    jobs: ['greet'],
    says: [
      'greet/0: Good day, Grace and ada',
      'greet/1: that is a crowd',
      'greet/1: Ada is here: true',
      'greet/3: no file',
    ],
  },
  {
    file: 'inputs.yml',
    promise: 'has defaults',
    given: { inputs: { tag: 'v1.4.0' } },
    jobs: ['show'],
    says: ['show/0: 2 replicas of v1.4.0 in staging, debug is false'],
  },
  {
    file: 'inputs.yml',
    promise: 'takes a value of each type',
    given: {
      inputs: {
        tag: 'v2.0.1',
        replicas: '3',
        'dry-run': 'false',
        environment: 'production',
        settings: '{"debug":true}',
      },
    },
    jobs: ['show'],
    says: ['show/0: 3 replicas of v2.0.1 in production, debug is true', 'show/1: and this time for real'],
  },
  {
    file: 'cache.yml',
    promise: 'makes what is not kept yet',
    jobs: ['build'],
    says: ['build/deps: nothing is kept under deps-1 for main', 'build/3: version 1'],
  },
  {
    file: 'run.yml',
    promise: 'counts words in Python, and finds the longest in JavaScript',
    given: { inputs: { words: 'one two  three' } },
    jobs: ['count'],
    says: ['count/1: 3 words, 11 letters', 'count/same: > ["one", "two", "three"]', 'count/3: the longest is three'],
  },
  {
    file: 'schedule.yml',
    promise: 'runs by hand with its defaults',
    jobs: ['report'],
    says: ['report/0: the report of yesterday'],
  },
  {
    file: 'webhook.yml',
    promise: 'runs by hand with what a request would give',
    given: { inputs: { tag: 'v2', author: 'Ada' } },
    jobs: ['announce'],
    says: ['announce/0: Ada published v2'],
  },
  {
    file: 'defaults.yml',
    promise: 'has the shell and folder of the job, or of the step',
    jobs: ['build'],
    says: ['build/1: in project, no bash', 'build/2: in docs, bash'],
  },
  {
    file: 'matrix-dynamic.yml',
    promise: 'spreads a job over what an earlier one chose',
    jobs: [
      'choose',
      'build (desktop, debug)',
      'build (desktop, release)',
      'build (phone, debug)',
      'build (phone, release)',
    ],
    says: ['build (phone, debug)/0: cell 2 of 4 builds phone for debug'],
  },
  {
    file: 'matrix.yml',
    promise: 'leaves cells out and adds others',
    jobs: ['build (linux, 22)', 'build (linux, 24, true)', 'build (macos, 24)', 'publish'],
    says: ['publish/0: all cells are built, the last of them app-'],
  },
  {
    file: 'job-outputs.yml',
    promise: 'hands outputs on',
    jobs: ['build', 'upload', 'announce', 'last'],
    says: [
      'upload/0: uploading app.js, app.css',
      'announce/0: version 1.2.42, a success',
      'last/0: upload and announce ended in success and success',
    ],
  },
  {
    file: 'reusable.yml',
    promise: 'calls another workflow',
    given: { secrets: { PRODUCTION_TOKEN: 'not-a-real-one' } },
    jobs: ['staging (eu)', 'staging (us) / check', 'production / install', 'announce'],
    says: ['announce/0: released at https://production.example.com/v1'],
  },
  {
    file: 'deploy-fleet.yml',
    promise: "runs on the queue's one host",
    given: { inputs: { version: 'v2' } },
    jobs: ['report'],
    says: ['report/0: the fleet ended in success on ', ', with v2'],
  },
  {
    file: 'if.yml',
    promise: 'takes one way',
    jobs: ['build'],
    says: ['build/gate.2: nothing to publish from here', 'build/1: the package is none'],
  },
  {
    file: 'if.yml',
    promise: 'takes the other way, and one in it',
    given: { inputs: { branch: 'release/2' } },
    jobs: ['build'],
    says: ['would publish app.tar', 'build/1: the package is app.tar'],
  },
  {
    file: 'for-each.yml',
    promise: 'gathers outputs in order',
    jobs: ['deploy'],
    says: [
      'deploy/regions[2].deploy: 2: 3 hosts in west',
      'deploy/1: deployed https://north.example.com/ https://south.example.com/ https://west.example.com/',
    ],
  },
  { file: 'sleep.yml', promise: 'goes on after a pause', jobs: ['wait'], says: ['wait/0: before', 'wait/2: after'] },
  { file: 'queue-timeout.yml', promise: 'finds its agent at once', jobs: ['train'], says: ['train/0: running on '] },
  {
    file: 'retry.yml',
    promise: 'tries again',
    jobs: ['flaky'],
    says: ['flaky/2: succeeded after 3 attempts; hopeless was a failure, counted as success'],
  },
];

/** Examples that need servers beside them, each of which has a test file of its own. */
export const testedWithServers: readonly string[] = [
  'ansible.yml',
  'checkout.yml',
  'deploy-app.yml',
  'file-transfer.yml',
  'http.yml',
  'notify.yml',
];
