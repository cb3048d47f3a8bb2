#!/bin/sh
# What a server says in place of its name never reaches the user of ssh2.
#
# RFC 4253, 4.2: a server may send other lines before its identification. sshd uses that to say why it takes no login ("Not allowed at
# this time", "Exceeded MaxStartups") and closes the connection behind it. ssh2 has an event `greeting` for such lines, and emits it only
# once the identification has followed: of a server that hangs up it reports "Connection lost before handshake", and what was said is lost.
#
# Seen on 2026-12-01 with ssh2 1.17.0, Node 20.19: "greeting: none; error: Connection lost before handshake".
# Whoever wants the reason has to read the socket as well. Fails when this is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts ssh2@1.17.0 >/dev/null
cat >try.cjs <<'JS'
const { createServer } = require('node:net');
const { Client } = require('ssh2');
const server = createServer((socket) => socket.end('Not allowed at this time\r\n'));
server.listen(0, '127.0.0.1', () => {
  let greeting = 'none';
  const end = (error) => {
    console.log(`greeting: ${greeting}; error: ${error}`);
    process.exit();
  };
  new Client()
    .on('greeting', (text) => (greeting = JSON.stringify(text)))
    .on('error', (error) => end(error.message))
    .connect({ host: '127.0.0.1', port: server.address().port, username: 'nobody', password: 'x' });
  setTimeout(() => end('none within 10 s'), 10_000);
});
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'greeting: none; error: Connection lost before handshake' ]
