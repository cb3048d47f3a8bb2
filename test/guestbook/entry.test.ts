import { expect } from 'chai';
import fc from 'fast-check';
import { appModule } from './support.js';

interface Entry {
  readonly name: string;
  readonly message: string;
}

describe('guestbook: what may be written', () => {
  let readEntry: (body: unknown) => Entry;
  before(async () => {
    ({ readEntry } = await appModule<{ readEntry: typeof readEntry }>('entry.js'));
  });

  const refusal = (body: unknown): string => {
    try {
      readEntry(body);
      return 'taken';
    } catch (error) {
      const { status, message } = error as { status?: number; message: string };
      expect(status, message).to.equal(400);
      return message;
    }
  };

  it('takes a name and a message, tidied', () => {
    expect(readEntry({ name: ' Ada ', message: 'one\r\ntwo\n' })).to.deep.equal({
      name: 'Ada',
      message: 'one\ntwo',
    });
  });

  it('counts characters as the database does', () => {
    expect(readEntry({ name: '🦊'.repeat(80), message: 'x' }).name).to.have.lengthOf(160);
    expect(refusal({ name: '🦊'.repeat(81), message: 'x' })).to.equal(
      'The name is too long: at most 80 characters.',
    );
    expect(refusal({ name: 'a', message: 'x'.repeat(1001) })).to.match(/message is too long/);
  });

  it('says what is wrong', () => {
    expect(refusal(null)).to.equal('Send an object with name and message.');
    expect(refusal(['a'])).to.equal('Send an object with name and message.');
    expect(refusal({ message: 'x' })).to.equal('The name is missing.');
    expect(refusal({ name: 7, message: 'x' })).to.equal('The name is missing.');
    expect(refusal({ name: 'a', message: ' \n' })).to.equal('The message is empty.');
    expect(refusal({ name: 'a', message: 'x', id: 1 })).to.equal('Send name and message and nothing else.');
    expect(refusal({ name: 'a\nb', message: 'x' })).to.match(/cannot be shown/);
    expect(refusal({ name: 'a', message: '\u0000' })).to.match(/cannot be shown/);
    expect(refusal({ name: 'a', message: 'a\ud800b' })).to.match(/cannot be shown/);
  });

  it('takes nothing that the table cannot hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary', maxLength: 2000 }),
        (name, message) => {
          let entry: Entry;
          try {
            entry = readEntry({ name, message });
          } catch (error) {
            expect((error as { status?: number }).status).to.equal(400);
            return;
          }
          for (const [text, limit] of [
            [entry.name, 80],
            [entry.message, 1000],
          ] as const) {
            expect([...text].length).to.be.within(1, limit);
            expect(Buffer.from(text).toString()).to.equal(text);
          }
          expect(readEntry(entry)).to.deep.equal(entry);
        },
      ),
    );
  });
});
