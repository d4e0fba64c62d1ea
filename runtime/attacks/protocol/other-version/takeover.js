import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes, encodeFrame, invocation }) => {
  const frame = Buffer.from(encodeFrame({ t: 'done', invocation, kind: 'returned' }, '{}'));
  frame.write('9', frame.indexOf('"v":1') + 4);
  sendBytes(frame);
});
