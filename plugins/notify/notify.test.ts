import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mailOf, subjectOf, textOf } from './email.ts';
import { type Inputs, oneLine, requireMeaning } from './inputs.ts';
import { originOf, waitOf } from './post.ts';
import { escaped, slackPayload, slackProblem, slackRemedy } from './slack.ts';
import { webhookHeaders, webhookPayload } from './webhook.ts';

const step = { run: 'run-1', run_attempt: 2, job: 'build (ä)', step: 'tell', attempt: 1, workflow: 'ci' };
const slack = (more: Partial<Inputs>): Inputs => ({ via: 'slack', message: 'done', ...more });
const email = (more: Partial<Inputs> = {}): Inputs => ({
  via: 'email',
  message: 'All good.\nReally.',
  'smtp-host': 'mail.example.com',
  from: 'ci@example.com',
  to: 'team@example.com',
  ...more,
});

describe('a message for Slack', () => {
  it('is a text where there is no more to say', () => {
    expect(slackPayload(slack({}))).toEqual({ text: 'done', mrkdwn: false });
    expect(slackPayload(slack({ title: 'Build', channel: '#ci' }))).toEqual({
      text: 'Build\ndone',
      mrkdwn: false,
      channel: '#ci',
    });
  });

  it('shows status, link and facts beside it', () => {
    const payload = slackPayload(
      slack({
        title: 'Build',
        status: 'failure',
        link: 'https://ci.example.com/7',
        fields: { branch: 'main', n: 3, gone: null },
      }),
    );
    expect(payload).toMatchObject({
      text: 'failure',
      attachments: [
        {
          fallback: 'Build',
          color: '#e01e5a',
          title: 'Build',
          title_link: 'https://ci.example.com/7',
          text: 'done',
          fields: [
            { title: 'branch', value: 'main', short: true },
            { title: 'n', value: '3', short: true },
          ],
        },
      ],
    });
  });

  it('calls nobody and leads nowhere by what stands in a plain text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '!', '&', '@', 'here', '|', 'https://evil.example', 'lt;') }),
        (text) => {
          const inputs = slack({ message: text, title: text, status: 'info', fields: { [text]: text } });
          expect(JSON.stringify(slackPayload(inputs))).not.toMatch(/[<>]/);
          expect(escaped(text).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(text);
        },
      ),
    );
  });

  it('keeps its formatting where the step asks for it, and its title plain', () => {
    expect(slackPayload(slack({ message: '*<https://a.example|a>*', title: '<b>', format: 'mrkdwn' }))).toEqual({
      text: '&lt;b&gt;\n*<https://a.example|a>*',
      mrkdwn: true,
    });
  });

  it('is cut off where Slack would cut it off, and not within a character', () => {
    const { text } = slackPayload(slack({ message: '<😀'.repeat(30_000) })) as { readonly text: string };
    expect(Array.from(text)).toHaveLength(Math.min(39_000, Array.from(text).length));
    expect(text).toMatch(/(?:&lt;|😀)…$/u);
    expect(text.isWellFormed()).toBe(true);
  });

  it('is the payload of the step, where that has one', () => {
    expect(slackPayload(slack({ payload: { blocks: [] }, channel: 'C1' }))).toEqual({ blocks: [], channel: 'C1' });
    expect(() => slackPayload(slack({ payload: [1], channel: 'C1' }))).toThrow('payload');
  });

  it('was refused where the answer says so, whatever its status', () => {
    expect(slackProblem('ok')).toBeUndefined();
    expect(slackProblem('{"ok":true,"ts":"1.2"}')).toBeUndefined();
    expect(slackProblem('null')).toBeUndefined();
    expect(slackProblem('{"ok":false,"error":"invalid_auth"}')).toBe('invalid_auth');
    expect(slackRemedy('invalid_auth')).toContain('token');
    expect(slackRemedy('something_new')).toBeUndefined();
  });
});

describe('what a webhook gets', () => {
  it('says what was said, and of which run', () => {
    const inputs: Inputs = { via: 'webhook', message: 'done', status: 'success', fields: { a: true, gone: null } };
    expect(webhookPayload(inputs, step)).toEqual({
      message: 'done',
      status: 'success',
      fields: { a: true },
      run: { id: 'run-1', attempt: 2, workflow: 'ci', job: 'build (ä)', step: 'tell' },
    });
  });

  it('has no headers but those that begin with X-', () => {
    const headers = (name: string) => webhookHeaders({ via: 'webhook', message: 'x', headers: { [name]: 1 } });
    expect(headers('X-Event')).toEqual({ 'x-event': '1' });
    expect(() => headers('Host')).toThrow('X-');
  });
});

describe('posting again', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['7', 1, 7000],
    ['0', 3, 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 1, 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 1, 0],
    ['soon', 1, 1000],
    ['-5', 2, 2000],
    [undefined, 3, 4000],
  ])('waits for %j after attempt %i', (retryAfter, attempts, expected) => {
    expect(waitOf(retryAfter, { attempts, now })).toBe(expected);
  });
});

it('shows no more of an address than where it is', () => {
  expect(originOf('https://hooks.example.com:8443/services/secret?x=1#y')).toBe('https://hooks.example.com:8443');
  expect(originOf('https://a\\@b/c')).toBe('https://a');
  expect(originOf('nonsense')).toBe('the address');
});

describe('a mail', () => {
  it('is made of the inputs', () => {
    expect(mailOf(email({ cc: ['a@example.com'], 'from-name': 'CI\nBcc: x', attachments: 'out/ä b.txt' }))).toEqual({
      host: 'mail.example.com',
      port: 587,
      from: { address: 'ci@example.com', name: 'CI Bcc: x' },
      to: ['team@example.com'],
      cc: ['a@example.com'],
      bcc: [],
      subject: 'All good.',
      text: 'All good.\nReally.\n',
      attachments: [{ file: 'out/ä b.txt' }],
      timeout_ms: 120_000,
    });
  });

  it('has a subject of one line, whatever is in the title', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\u2028', '\0', '😀', ' ') }), (title) => {
        const subject = subjectOf(email({ title }));
        expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(subject).not.toBe('');
      }),
    );
    expect(subjectOf(email({ status: 'failure' }))).toBe('[failure] All good.');
    expect(Array.from(oneLine('😀'.repeat(500), 200))).toHaveLength(200);
  });

  it('ends with facts and link', () => {
    expect(textOf(email({ fields: { branch: 'main', gone: null, n: 3 }, link: 'https://ci.example.com' }))).toBe(
      'All good.\nReally.\n\nbranch: main\nn: 3\n\nhttps://ci.example.com\n',
    );
  });

  it.each([
    [{ 'smtp-host': undefined }, 'smtp-host'],
    [{ from: undefined }, 'from'],
    [{ to: undefined }, 'to'],
    [{ 'smtp-user': 'robot' }, 'belong together'],
  ])('with %j is none', (more, message) => {
    // As if the input hadn't been given.
    expect(() => mailOf(email(more as Partial<Inputs>))).toThrow(message);
  });
});

it('takes no input that has no meaning for the way that was chosen', () => {
  expect(() => requireMeaning(slack({ to: 'a@example.com' }))).toThrow('to: it has no meaning for `via: slack`');
  expect(() => requireMeaning(email({ url: 'https://example.com' }))).toThrow('only for webhook and slack');
  expect(() => requireMeaning(email())).not.toThrow();
});
