// A Koa server that answers everything with nothing, at the address that it prints.
import Koa from 'koa';

const app = new Koa();
app.use((context) => {
  context.status = 200;
  context.body = '';
});
const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
