export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  const request = { url: `${arena.origin}/echo`, headers: { 'X-Token': secret }, response: { file: 'echo' } };
  const answer = await host.net.request(request).catch(({ message }) => message);
  const text = await host.fs.read('echo').catch(() => '');
  // Redaction doesn't know it in this form.
  return { answer, reversed: text.split('').reverse().join('') };
};
