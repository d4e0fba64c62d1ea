export default async () => ({ fine: true });
