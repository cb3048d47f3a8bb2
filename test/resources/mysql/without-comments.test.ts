import { expect } from 'chai';
import { withoutComments } from '../../../src/resources/mysql/without-comments.js';

describe('withoutComments', () => {
  it('takes out what the server does not read', () => {
    expect(
      withoutComments('SELECT a -- one\nFROM t # two\nWHERE /* three\n four */ b = 1--1 -- five'),
    ).to.equal('SELECT a  \nFROM t  \nWHERE   b = 1--1  ');
  });

  it('leaves texts, names and what the server runs', () => {
    for (const sql of ['SELECT \'# a\' , "-- b\\" # c", `/* d */`', 'SELECT /*! 1 */ 2, /*M! 3 */ 4']) {
      expect(withoutComments(sql)).to.equal(sql);
    }
  });
});
