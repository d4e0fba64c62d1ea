import type { AddressInfo } from 'node:net';
import Koa from 'koa';

// A Koa server that answers everything with nothing, at the address that it prints.
const app = new Koa();
app.use((context) => {
  context.status = 200;
  context.body = '';
});
const server = app.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has an address of that form.
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
