export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  const hex = [...secret].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return { secret, hex, list: [{ [secret]: 1 }] };
};
