import { expect } from 'chai';
import { Answers } from '../../src/agent/query.js';
import { TaskError } from '../../src/errors.js';
import { assert } from '../../src/resources/assert.js';
import { debug } from '../../src/resources/debug.js';

const none = new Answers(new Map());
const evaluated = (source: string, value: unknown): { source: string; value: unknown } => ({ source, value });

describe('assert', () => {
  it('holds when every value is true', () => {
    expect(assert.plan({ that: [evaluated('a', true), evaluated('b', 1)] }, none)).to.deep.equal([]);
    expect(assert.result!({ that: [] }, none, [])).to.deep.equal({ msg: 'All assertions passed' });
    expect(assert.result!({ that: [], quiet: true }, none, [])).to.deep.equal({});
  });

  it('says which expressions do not hold', () => {
    const that = [evaluated('a > 1', false), evaluated('b', true), evaluated('names.length', 0)];
    expect(() => assert.plan({ that }, none))
      .to.throw(TaskError, 'does not hold: a > 1; names.length')
      .with.property('detail')
      .that.deep.equals(['a > 1   is false', 'names.length   is 0']);
  });

  it('says what the user wants to have said, and why below it', () => {
    expect(() => assert.plan({ that: evaluated('a', null), fail_msg: 'set a' }, none))
      .to.throw(TaskError, /^set a$/)
      .with.property('detail')
      .that.deep.equals(['a   is null']);
  });
});

describe('debug', () => {
  it('shows an expression and its value', () => {
    expect(debug.result!({ var: [evaluated('x.y', { a: [1] })] }, none, [])).to.deep.equal({
      msg: 'x.y = {"a":[1]}',
      'x.y': { a: [1] },
    });
    expect(debug.result!({ var: evaluated('x', undefined) }, none, [])).to.deep.equal({
      msg: 'x = undefined',
      x: undefined,
    });
  });

  it('takes a message or an expression', () => {
    expect(() => debug.plan({ msg: 'a', var: evaluated('x', 1) }, none)).to.throw(TaskError, 'not both');
  });
});
