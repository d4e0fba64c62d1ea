// Answers with the JSON of a file, made anew each time.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const value = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
