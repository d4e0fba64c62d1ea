const texts = [
  '\u001b]0;title\u0007',
  '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\',
  '\u001b]52;c;ZWNobyBoaQ==\u0007',
];

export default async (_inputs, host) => {
  for (const text of texts) {
    host.log(text);
    await host.call('fs', 'read', { path: text }).catch(() => {});
  }
  throw Object.assign(new Error(texts.join(' ')), { outputs: { texts: texts.join('|') } });
};
