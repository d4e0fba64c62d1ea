const later = `sleep 1; exec 3<>/dev/tcp/127.1.0.1/1080 || exec 3<>/dev/tcp/127.0.0.1/$1; printf 'GET http://127.0.0.1:%s/secret/x HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\n\\r\\n' $1 $1 >&3; cat <&3`;
export default async ({ arena }, host) => {
  const port = arena.origin.split(':')[2];
  await host.exec
    .run({
      command: 'bash',
      args: ['-c', 'setsid bash -c "$1" bash "$2" </dev/null >/dev/null 2>&1 & disown', 'bash', later, port],
    })
    .catch(() => {});
  await host.sleep(2500);
  return {};
};
