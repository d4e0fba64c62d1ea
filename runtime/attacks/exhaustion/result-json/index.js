export default async () => {
  const next = () => ({ toJSON: () => ({ next: next() }) });
  return next();
};
