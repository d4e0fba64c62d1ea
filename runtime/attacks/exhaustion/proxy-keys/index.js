export default async () => {
  return new Proxy(
    {},
    {
      ownKeys: () => Array.from({ length: 1e6 }, (_, index) => `k${index}`),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
      get: (_, key) => (key === 'then' || key === 'toJSON' ? undefined : 1),
    },
  );
};
