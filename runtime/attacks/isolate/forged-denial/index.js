export default async () => {
  throw Object.assign(new Error('denied'), {
    name: 'HostDenied',
    code: 'DENIED',
    rule: 'policy rule 1',
    denied: true,
    call: 1,
  });
};
