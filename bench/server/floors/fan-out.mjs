// A stream of events for so many followers: so many lines, each with its time and so many milliseconds after the one before, once
// all of them are connected; then it ends.
import { createServer } from 'node:http';

const [followers, lines, pauseMs] = process.argv.slice(2).map(Number);
const connected = new Set();
const server = createServer((request, response) => {
  if (request.url === '/') {
    response.end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  connected.add(response);
  if (connected.size === followers) begin();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

function begin() {
  let written = 0;
  const timer = setInterval(() => {
    written += 1;
    const event = { text: `written=${(Date.now() / 1000).toFixed(6)}`, position: `${written}` };
    for (const response of connected) response.write(`id: ${written}\ndata: ${JSON.stringify(event)}\n\n`);
    if (written < lines) return;
    clearInterval(timer);
    for (const response of connected) response.end();
  }, pauseMs);
}
