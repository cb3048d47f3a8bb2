import { expect } from 'chai';
import fc from 'fast-check';
import { createSplitter } from '../../src/agent/splitter.js';

const NONCE = 'n0nce';

/** What comes out when the bytes arrive in these chunks: data joined between the markers. */
function split(stream: Buffer, cuts: readonly number[]): (Buffer | string[])[] {
  const found: (Buffer | string[])[] = [];
  const take = createSplitter(NONCE, {
    data(bytes) {
      const last = found.at(-1);
      if (Buffer.isBuffer(last)) found[found.length - 1] = Buffer.concat([last, bytes]);
      else found.push(Buffer.from(bytes));
    },
    marker: (words) => found.push([...words]),
  });
  const places = [
    0,
    ...[...new Set(cuts)].filter((at) => at > 0 && at < stream.length).sort((a, b) => a - b),
    stream.length,
  ];
  for (let index = 1; index < places.length; index += 1)
    take(stream.subarray(places[index - 1], places[index]));
  return found;
}

/** Bytes that look a lot like markers without being one. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\n', `\n${NONCE}`, `${NONCE} `, '\nn0n', '\nn0nce', 'end 1\n', '\n\n')
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces))
  .filter(
    (bytes) =>
      !Buffer.concat([bytes, Buffer.from(`\n${NONCE} `)])
        .subarray(0, -1)
        .includes(`\n${NONCE} `),
  );
const marker = fc.array(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 3 });

describe('createSplitter', () => {
  it('gives back content and markers however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(content, marker), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(200)),
        (parts, cuts) => {
          const stream = Buffer.concat(
            parts.flatMap(([bytes, words]) => [bytes, Buffer.from(`\n${NONCE} ${words.join(' ')}\n`)]),
          );
          const expected = parts.flatMap(([bytes, words]) => (bytes.length === 0 ? [words] : [bytes, words]));
          expect(split(stream, cuts)).to.deep.equal(expected);
          expect(split(stream, [...stream.keys()])).to.deep.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('holds back no more than what could begin a marker', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const out = split(bytes, []).reduce((sum, one) => sum + one.length, 0);
        expect(bytes.length - out).to.be.at.most(NONCE.length + 2);
      }),
    );
  });

  it('takes a nonce that no line end follows for content', () => {
    const stream = Buffer.from(`\n${NONCE} ${'x'.repeat(5000)}\n${NONCE} end 1\n`);
    expect(split(stream, [10, 100, 4500])).to.deep.equal([
      Buffer.from(`\n${NONCE} ${'x'.repeat(5000)}`),
      ['end', '1'],
    ]);
  });

  it('is fast where much of the output looks like the beginning of a marker', () => {
    const stream = Buffer.from('\nn0nc'.repeat(400_000));
    const began = performance.now();
    split(
      stream,
      [...Array(400).keys()].map((index) => index * 5000),
    );
    expect(performance.now() - began).to.be.lessThan(1000);
  });
});
