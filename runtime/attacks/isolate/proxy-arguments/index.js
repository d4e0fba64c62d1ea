export default async (_inputs, host) => {
  let reads = 0;
  const shifting = {
    get text() {
      reads += 1;
      return reads === 1 ? 'first' : { toString: () => 'second' };
    },
  };
  const trap = new Proxy(
    {},
    {
      ownKeys: () => ['text', '__proto__'],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 'x' }),
    },
  );
  const answers = [];
  for (const args of [shifting, trap, { toJSON: () => ({ text: 'x', more: 1 }) }, Object.assign([], { text: 'x' })]) {
    answers.push(
      await host.call('log', 'write', args).then(
        () => 'ok',
        (error) => error.code,
      ),
    );
  }
  return { breach: reads > 1 ? `read ${reads} times` : null, answers };
};
