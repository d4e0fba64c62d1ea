// What a submission can't do without: takes a body, hashes it, adds it to a file, and answers when the disk has it.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

const file = await open(process.argv[2], 'a');
const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

async function answer(request, response) {
  const body = await buffer(request);
  if (request.method === 'POST') {
    await file.write(body);
    await file.datasync();
    response.statusCode = 201;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: createHash('sha256').update(body).digest('hex') }));
}
