import { spawnSync } from 'node:child_process';

/** What Python's re says of an expression and a text. */
export type Verdict =
  | { readonly error: string }
  | { readonly span: null }
  | {
      readonly span: readonly [number, number];
      readonly groups: readonly (string | null)[];
      readonly expanded?: string;
    };

export interface Question {
  readonly pattern: string;
  readonly text: string;
  /** to be filled from the match */
  readonly template?: string;
}

const CODE = `
import json, re, sys, warnings
warnings.simplefilter('ignore')
answers = []
for one in json.load(sys.stdin):
    try:
        found = re.compile(one['pattern']).search(one['text'])
        if found is None:
            answers.append({'span': None})
        else:
            answer = {'span': found.span(), 'groups': [found.group(0), *found.groups()]}
            if 'template' in one:
                answer['expanded'] = found.expand(one['template'])
            answers.append(answer)
    except (re.error, IndexError, OverflowError) as error:
        answers.append({'error': str(error)})
json.dump(answers, sys.stdout)
`;

/** Of 3.11 to 3.13: older ones lack possessive repetitions, and newer ones find \B in an empty text. */
export const hasPython =
  spawnSync('python3', ['-c', 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'])
    .status === 0;

export function askPython(questions: readonly Question[]): Verdict[] {
  return run(CODE, questions) as Verdict[];
}

/** All matches replaced by the template. */
export function replaceInPython(questions: readonly Required<Question>[]): string[] {
  const code =
    "import json, re, sys; json.dump([re.sub(one['pattern'], one['template'], one['text']) for one in json.load(sys.stdin)], sys.stdout)";
  return run(code, questions) as string[];
}

function run(code: string, questions: readonly Question[]): unknown {
  const { stdout, status, stderr } = spawnSync('python3', ['-c', code], {
    input: JSON.stringify(questions),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
