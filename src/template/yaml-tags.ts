import type { CollectionTag, ScalarTag, Tags } from 'yaml';

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;

/**
 * How plain scalars are read: YAML 1.2's core schema with three changes for people who come from Ansible.
 * - `yes`, `no`, `on`, `off` are booleans, as in YAML 1.1.
 * - A number with a leading zero stays text: `mode: 0644` means the same as `mode: "0644"` (YAML 1.1 reads 420, 1.2 reads 644).
 * - An integer that a double cannot hold exactly stays text.
 */
export function ansibleTags(core: Tags): Tags {
  const kept = core.filter(
    (tag) =>
      typeof tag === 'string' ||
      (tag.tag !== 'tag:yaml.org,2002:bool' && !(isInteger(tag) && tag.format === undefined)),
  );
  return [...kept, boolean, integer, vault, ...unsafe];
}

function isInteger(tag: CollectionTag | ScalarTag): tag is ScalarTag {
  return tag.tag === 'tag:yaml.org,2002:int';
}

const boolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: BOOLEAN,
  resolve: (text) => TRUE.test(text),
};

const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0|[1-9][0-9]*)$/,
  resolve: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
};

// The text is kept; the node's tag tells the converter what it is.
const vault: ScalarTag = { tag: '!vault', resolve: (text) => text };

const unsafe: (ScalarTag | CollectionTag)[] = [
  { tag: '!unsafe', resolve: (text: string) => text },
  { tag: '!unsafe', collection: 'map' },
  { tag: '!unsafe', collection: 'seq' },
];
