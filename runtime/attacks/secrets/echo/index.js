export default async ({ arena }, host) => {
  const secret = await host.secrets.get('TOKEN');
  const { body } = await host.net.request({ url: `${arena.origin}/echo`, headers: { 'X-Token': secret } });
  host.log(body);
  // Redaction doesn't know it in this form: nothing but the veil stands in the way.
  return { body, reversed: body.split('').reverse().join('') };
};
