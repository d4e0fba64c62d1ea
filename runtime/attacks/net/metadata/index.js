export default async (_inputs, host) => {
  const hosts = [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '[fd00:ec2::254]',
    '[::ffff:a9fe:a9fe]',
    '2852039166',
  ];
  const answers = await Promise.all(
    hosts.map((name) =>
      host.net.request({ url: `http://${name}/latest/meta-data/`, timeout_ms: 3000 }).catch((error) => error),
    ),
  );
  return { breach: hosts.filter((_, index) => answers[index].code !== 'DENIED') };
};
