export default async () => {
  const kept = [];
  for (let index = 0; ; index += 1) {
    kept.push(new Intl.DateTimeFormat(`en-u-ca-buddhist-x-${index}`, { dateStyle: 'full' }).formatToParts(index * 1e9));
  }
};
