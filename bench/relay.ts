import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A TCP relay on loopback that hands every byte on half a round trip later, in both directions. The server sees a connection when it
 * would see the end of TCP's handshake, after one and a half round trips. Bandwidth, loss and slow start are not modelled.
 *
 * @param rtt milliseconds
 */
export async function startRelay(target: { address: string; port: number }, rtt: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const handshake = performance.now() + rtt * 1.5;
    const far = queueTo(() =>
      connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true }),
    );
    const back = queueTo(() => near);
    pass(near, (act) => far.at(Math.max(performance.now() + rtt / 2, handshake), act), sockets);
    far.at(handshake, (socket) => {
      pass(socket, (act) => back.at(performance.now() + rtt / 2, act), sockets);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => closeAll(server, sockets) };
}

type Act = (to: Socket) => void;

/** What a socket says is done to the other one, later. */
function pass(from: Socket, later: (act: Act) => void, sockets: Set<Socket>): void {
  sockets.add(from);
  from.on('close', () => sockets.delete(from));
  from.on('data', (chunk: Buffer) => later((to) => void (to.destroyed || to.write(chunk))));
  from.on('end', () => later((to) => to.end()));
  from.on('error', () => later((to) => to.destroy()));
}

/** Acts on a socket, each at its own moment and all in the order in which they were given. */
function queueTo(open: () => Socket): { at(due: number, act: Act): void } {
  const waiting: { due: number; act: Act }[] = [];
  let socket: Socket | undefined;
  const drain = (): void => {
    while (waiting.length > 0 && waiting[0]!.due <= performance.now())
      waiting.shift()!.act((socket ??= open()));
    if (waiting.length > 0) setTimeout(drain, Math.max(1, waiting[0]!.due - performance.now()));
  };
  return {
    at(due, act) {
      waiting.push({ due, act });
      if (waiting.length === 1) setTimeout(drain, Math.max(0, due - performance.now()));
    },
  };
}

async function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}
