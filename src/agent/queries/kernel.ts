import { quoteAll } from '../quote.js';
import { textOf, type QueryKind } from './kind.js';

/** Kernel settings. One grep reads all: the read of sh takes single bytes, after the first of which /proc/sys is at its end. */
export const sysctl: QueryKind<'sysctl'> = {
  compile: (queries) => [`grep -H '' -- ${quoteAll(queries.map(({ name }) => fileOf(name)))}`],
  parse(queries, [output]) {
    const lines = textOf(output).split('\n');
    return queries.map(({ name }) => {
      const start = `${fileOf(name)}:`;
      return { value: lines.find((line) => line.startsWith(start))?.slice(start.length) ?? null };
    });
  },
};

/** sysctl(8): the first separator decides; with dots first, a slash stands for a dot in a name (`net.ipv4.conf.eth0/1`). */
function fileOf(name: string): string {
  const dotFirst = (name.indexOf('.') + 1 || Infinity) < (name.indexOf('/') + 1 || Infinity);
  return `/proc/sys/${dotFirst ? name.replace(/[./]/g, (char) => (char === '.' ? '/' : '.')) : name}`;
}

/** ss(8): every listening socket, with the name of its process where the agent may see it. */
export const listen: QueryKind<'listen'> = {
  compile: () => ['ss -Hltunp'],
  parse(queries, [output]) {
    const sockets = textOf(output)
      .split('\n')
      .flatMap((line) => {
        const [protocol, , , , local = '', , ...process] = line.trim().split(/\s+/);
        const at = local.lastIndexOf(':');
        if ((protocol !== 'tcp' && protocol !== 'udp') || at < 0) return [];
        const address = local
          .slice(0, at)
          .replace(/^\[|\]$/g, '')
          .split('%', 1)[0]!;
        const name = /\(\("([^"]*)"/.exec(process.join(' '))?.[1] ?? '';
        return [
          {
            protocol,
            address: address === '*' ? '::' : address,
            port: Number(local.slice(at + 1)),
            process: name,
          } as const,
        ];
      });
    return queries.map(() => ({ sockets }));
  },
};
