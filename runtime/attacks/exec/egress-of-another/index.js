const get = (port) =>
  `GET http://127.0.0.1:${port}/secret/x HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\nConnection: close\\r\\n\\r\\n`;
export default async ({ arena }, host) => {
  const has = host.exec.run({ command: 'bash', args: ['-c', 'sleep 3'] }).catch(() => {});
  await host.sleep(500);
  const port = arena.origin.split(':')[2];
  const script = `import socket\nfor where in (('127.1.0.1', 1080), ('127.0.0.1', ${port})):\n  try:\n    s = socket.create_connection(where, 2); s.sendall(b"""${get(port)}"""); s.recv(100)\n  except OSError as e: print(e)`;
  const other = await host.exec
    .run({ command: 'sh', args: ['-c', 'exec python3 -c "$1"', 'sh', script], stdout: 'capture', stderr: 'capture' })
    .catch((error) => error.code);
  await has;
  return { other };
};
