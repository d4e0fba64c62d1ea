// Writes docs/performance.md and its pictures from the newest records in bench/history/; with --check it only says whether they are current. Nothing is measured.
import { readHistory } from '../bench/performance/history.ts';
import { writePages } from '../bench/performance/page/write.ts';

const check = process.argv.includes('--check');
const stale = writePages(readHistory(), { check });
if (check && stale.length > 0) {
  process.stderr.write(`docs/${stale.join(', docs/')} is not what bench/history/ says: run npm run generate\n`);
  process.exitCode = 1;
}
