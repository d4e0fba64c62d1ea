export default async () => JSON.parse('{"breach":true,"a":[{"__proto__":{"polluted":true}}]}');
