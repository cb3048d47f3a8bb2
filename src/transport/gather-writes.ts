import type { Socket } from 'node:net';

/**
 * What is written to a socket in one turn goes in one system call. ssh2 writes each packet by itself, of 32 KiB at most: for a large file that
 * takes the kernel more time than encrypting it takes us.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let gathering = false;
  socket.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}
