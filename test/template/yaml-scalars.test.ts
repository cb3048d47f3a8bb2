import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadYaml } from '../../src/template/yaml.js';

/** `repr` of what PyYAML reads a plain scalar as, by which Ansible reads everything. */
const CODE = `
import json, sys, yaml
def shown(text):
    try:
        value = yaml.safe_load('a: ' + text)['a']
    except Exception:
        return None
    return [type(value).__name__, value if isinstance(value, str) else repr(value)]
json.dump([shown(text) for text in json.load(sys.stdin)], sys.stdout)
`;
const hasYaml = spawnSync('python3', ['-c', 'import yaml']).status === 0;

function askPython(texts: readonly string[]): ([string, string] | null)[] {
  const { stdout } = spawnSync('python3', ['-c', CODE], { input: JSON.stringify(texts), encoding: 'utf8' });
  return JSON.parse(stdout) as ([string, string] | null)[];
}

const read = (text: string): unknown => (loadYaml(`a: ${text}\n`, 'f.yml').value as { a: unknown }).a;

/** What is read here in Python's words; floats as they are inserted into texts. */
function reprOf(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (typeof value === 'number' && Number.isNaN(value)) return 'nan';
  return String(value);
}

describe('plain scalars', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['1234e56', '1234e56'],
    ['1e5', '1e5'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', '1500.0'],
    ['1_000', 1000],
    ['10:30', 630],
    ['190:20:30', 685230],
    ['10:30.5', 630.5],
    ['0o17', '0o17'],
    ['017', 15],
    ['0644', 420],
    ['08', '08'],
    ['-017', -15],
    ['0b11', 3],
    ['0x1F', 31],
    ['+12', 12],
    ['-0', 0],
    ['8.0', '8.0'],
    ['1.10', 1.1],
    ['.5', 0.5],
    ['1_0.5_0', 10.5],
    ['.inf', Infinity],
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['yES', 'yES'],
    ['~', null],
    ['Null', null],
    ['2024-01-02', '2024-01-02'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.2.3', '1.2.3'],
    ['00:1a:2b', '00:1a:2b'],
    ['!!str 017', '017'],
    ['"017"', '017'],
  ];
  for (const [text, value] of cases) it(text, () => expect(read(text)).to.deep.equal(value));

  it('of JSON are read as JSON', () => {
    expect(loadYaml('{"a": 1e3, "b": 1.5e-1, "c": 10}', 'f.json').value).to.deep.equal({
      a: '1000.0',
      b: 0.15,
      c: 10,
    });
  });

  it('of permissions stay text in tasks, where that is asked for', () => {
    const text = 'mode: 0777\nother: 0777\ndirectory_mode: 0750\nlist: [{mode: 010}, {mode: 644}]\n';
    expect(loadYaml(text, 'f.yml', { modes: 'text' }).value).to.deep.equal({
      mode: '0777',
      other: 511,
      directory_mode: '0750',
      list: [{ mode: '010' }, { mode: 644 }],
    });
    expect(loadYaml(text, 'f.yml').value).to.have.property('mode', 511);
  });

  it('are what PyYAML reads', function () {
    if (!hasYaml) return this.skip();
    this.timeout(20_000);
    const piece = fc.constantFrom(
      '0',
      '1',
      '7',
      '8',
      '_',
      '.',
      ':',
      'e',
      'E',
      '+',
      '-',
      'x',
      'o',
      'b',
      'f',
      '5',
      '60',
      '30',
      'inf',
      'nan',
      'yes',
      'y',
      'No',
      'on',
      '~',
      'null',
    );
    const texts = fc
      .sample(fc.array(piece, { minLength: 1, maxLength: 6 }), 3000)
      .map((pieces) => pieces.join(''))
      .concat(cases.map(([text]) => text));
    const known = askPython(texts);
    texts.forEach((text, index) => {
      const python = known[index];
      // What only one of the two takes for YAML (": ", a tag of "=") is no matter of scalars.
      if (!python || /^(?:date|datetime|dict|list)$/.test(python[0])) return;
      let own: unknown;
      try {
        own = read(text);
      } catch {
        return;
      }
      if (python[0] === 'int' && !Number.isSafeInteger(Number(python[1]))) return;
      const shown = `${text}: ${JSON.stringify(own)}, Python: ${python.join(' ')}`;
      if (python[0] === 'float' && Number.isFinite(Number(python[1])))
        expect(Number(own), shown).to.equal(Number(python[1]));
      else expect(reprOf(own), shown).to.equal(python[1]);
      expect(typeof own === 'string', shown).to.equal(
        python[0] === 'str' || (python[0] === 'float' && Number.isInteger(Number(python[1]))),
      );
    });
  });
});
