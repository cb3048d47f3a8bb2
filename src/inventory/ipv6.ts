import * as net from 'node:net';

/** Node makes a large regular expression for it when it is first asked: names without a colon do not need that. */
export function isIPv6(text: string): boolean {
  return text.includes(':') && net.isIPv6(text);
}
