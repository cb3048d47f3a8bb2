import type { CollectionTag, ScalarTag, Tags } from 'yaml';

/**
 * How plain scalars are read: as PyYAML, and so Ansible, reads them, which is YAML 1.1 with its own expressions. `yes` is true, `017` is 15,
 * `1_000` is 1000, `10:30` is 630; `0o17`, `1e5` and `1234e56` are texts. Three differences keep what JavaScript's numbers cannot hold:
 * - An integer that a double cannot hold exactly stays text.
 * - A float that is whole stays text, as Python shows it: `8.0` would be inserted as 8.
 * - Dates stay text.
 */
export function ansibleTags(core: Tags): Tags {
  return [
    ...core.filter((tag) => typeof tag === 'string' || !NUMBERS.has(tag.tag)),
    boolean,
    integer,
    float,
    vault,
    ...unsafe,
  ];
}

/** The same for a file that is JSON: Ansible reads that as JSON, whose numbers are no different but for their exponents. */
export function jsonTags(core: Tags): Tags {
  return [jsonFloat, ...ansibleTags(core)];
}

const NUMBERS: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:bool',
  'tag:yaml.org,2002:int',
  'tag:yaml.org,2002:float',
]);

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

const boolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: BOOLEAN,
  resolve: (text) => TRUE.test(text),
};

const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: INTEGER,
  resolve(text) {
    const value = toInteger(text.replaceAll('_', ''));
    return Number.isSafeInteger(value) ? value : text;
  },
};

function toInteger(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits.includes(':')) return sign * inSixties(digits);
  const value = /^0[0-7]/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return value === 0 ? 0 : sign * value;
}

/** `1:30` is 90. */
function inSixties(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: FLOAT,
  resolve: (text) => toFloat(text.replaceAll('_', '').toLowerCase()),
};

function toFloat(text: string): number | string {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits === '.inf') return sign * Infinity;
  if (digits === '.nan') return NaN;
  return shownWhole(sign * (digits.includes(':') ? inSixties(digits) : Number(digits)));
}

/** As Python's repr has it, where that is not what JavaScript makes of it. */
function shownWhole(value: number): number | string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : value;
}

const jsonFloat: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^-?[0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]+$/,
  resolve: (text) => shownWhole(Number(text)),
};

// The text is kept; the node's tag tells the converter what it is.
const vault: ScalarTag = { tag: '!vault', resolve: (text) => text };

const unsafe: (ScalarTag | CollectionTag)[] = [
  { tag: '!unsafe', resolve: (text: string) => text },
  { tag: '!unsafe', collection: 'map' },
  { tag: '!unsafe', collection: 'seq' },
];
