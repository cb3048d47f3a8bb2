#!/usr/bin/env node
// Plays a host that does not do what an agent does. It is called as `sudo -n -H -u KIND -- …`: the user that is to be become says how.
import { setTimeout as sleep } from 'node:timers/promises';

const kind = process.argv[process.argv.indexOf('-u') + 1];
const MARK = Buffer.from('\n');
let input = Buffer.alloc(0);
let wake = () => undefined;
let ended = false;
process.stdin.on('data', (chunk) => {
  input = Buffer.concat([input, chunk]);
  wake();
});
process.stdin.on('end', () => {
  ended = true;
  wake();
});
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(0));
// It outlives neither the test nor, for long, the end of its input.
setInterval(() => process.ppid === 1 && process.exit(0), 500);
process.stdin.on('end', () => setTimeout(() => process.exit(0), 30_000));

if (kind === 'silent-shell') await sleep(600_000);

const program = Number(await line());
await take(program);
const nonce = await line();
const marker = (...words) => Buffer.from(`\n${nonce} ${words.join(' ')}\n`);
const both = async (...words) => {
  await say(marker(...words));
  process.stderr.write(marker(...words));
};
await both('hello', '1');

for (;;) {
  const [verb, id, bytes] = (await line()).split(' ');
  if (verb === 'S' || verb === 'D') await take(Number(id));
  else if (verb === 'L') await both('lock', 'taken');
  else if (verb === 'K' && kind === 'obeys') await both('stopped', id);
  else if (verb === 'B') process.exit(0);
  else if (verb === 'R') await answer(id, (await take(Number(bytes))).toString('latin1'));
}

async function answer(id, script) {
  const parts = [...script.matchAll(/^(?:r=\$\?; )?(say|tell) (\d+) \$/gm)].map(([, how, part]) => [
    how,
    part,
  ]);
  switch (kind) {
    case 'silent-agent':
    case 'obeys':
      return;
    case 'endless-markers':
      for (;;) await both('0', '0');
    case 'endless-words':
      for (;;) await say(Buffer.concat(Array.from({ length: 1000 }, () => marker('nothing', 'x'))));
    case 'endless-bytes':
      for (;;) await say(Buffer.alloc(65_536, 'x'));
    case 'large-parts':
      for (const [how, part] of parts) await tell(how, part, Buffer.alloc(15 * 1024 * 1024, 'line\n'));
      break;
    default:
      for (const [how, part] of parts) await tell(how, part, Buffer.from(odd(kind, Number(part))));
  }
  await both('end', id);
}

async function tell(how, part, text) {
  await say(text);
  await say(marker(part, '0'));
  if (how === 'say') process.stderr.write(marker(part, '0'));
}

/** Answers that no host gives. */
function odd(kind, part) {
  switch (kind) {
    case 'odd-json':
      return `${'['.repeat(100_000)}\n`;
    case 'odd-names':
      return '\n==> network <==\n[{"ifname":"__proto__","addr_info":[{}]},null,7]\n[{"dst":"default","dev":"constructor","gateway":"1.2.3.4"}]\n==> os <==\n';
    case 'odd-record':
      return 'record\t{"sha256":"x","apps":[null]}\necosystem\tx\ndaemon\t1\nprocess\n';
    case 'nonsense': {
      const pieces = [
        '\0',
        '\n',
        '\t',
        ':',
        '=',
        '{"a":',
        'null',
        '-1',
        'NaN',
        '\u202e',
        '[[',
        '%',
        'constructor',
        '"',
      ];
      return Array.from(
        { length: 400 },
        (_one, index) => pieces[(index * 7 + part * 3) % pieces.length],
      ).join('');
    }
    default:
      return '';
  }
}

async function line() {
  for (;;) {
    const end = input.indexOf(MARK);
    if (end >= 0) {
      const text = input.toString('latin1', 0, end);
      input = input.subarray(end + 1);
      return text;
    }
    await more();
  }
}

async function take(length) {
  while (input.length < length) await more();
  const bytes = input.subarray(0, length);
  input = input.subarray(length);
  return bytes;
}

function more() {
  // The worst of them do not notice that nobody asks any more.
  if (ended) return new Promise(() => undefined);
  return new Promise((resolve) => (wake = resolve));
}

function say(bytes) {
  return new Promise((resolve) =>
    process.stdout.write(bytes) ? resolve() : process.stdout.once('drain', resolve),
  );
}
