import { createServer } from 'node:http';
import { readConfig } from './lib/config.js';
import { openDatabase } from './lib/database.js';
import { createHandler } from './lib/handler.js';
import { flushLog, log } from './lib/log.js';
import { createStop } from './lib/stop.js';

const config = readConfig(process.env);
const database = openDatabase(config);
const server = createServer({
  // Longer than any proxy in front keeps its connections: the side that opened one is then the side that closes it, and
  // no request meets a connection that is just being closed. headersTimeout would cut those connections if it were shorter.
  keepAliveTimeout: 75_000,
  headersTimeout: 80_000,
  // For a whole request; Node.js wants it no shorter than the headers' share.
  requestTimeout: 80_000,
});
const stop = createStop({ server, database, timeout: config.stopTimeout });
server.on('request', createHandler({ config, database, stopping: stop.signal }));

server.on('error', (error) => {
  log('error', 'cannot listen', { error, bind: config.bind, port: config.port });
  process.exit(1);
});
server.listen(config.port, config.bind, () => {
  const { port } = server.address() ?? config;
  log('info', 'listening', { bind: config.bind, port, instance: config.instance, version: config.version });
  // PM2 with wait_ready keeps the previous process until this arrives.
  process.send?.('ready');
});

for (const name of ['SIGINT', 'SIGTERM']) {
  process.on(name, async () => {
    const outcome = await stop.begin(name);
    await flushLog();
    process.exit(outcome === 'clean' ? 0 : 1);
  });
}
