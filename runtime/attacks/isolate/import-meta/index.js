export default async () => ({ breach: Reflect.ownKeys(import.meta).map(String) });
