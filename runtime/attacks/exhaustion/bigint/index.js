export default async () => {
  let number = 3n;
  for (;;) number *= number;
};
