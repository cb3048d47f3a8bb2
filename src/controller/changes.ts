import type { ChangeView } from '../events.js';
import type { Change } from '../resources/resource.js';
import type { Secrets } from '../variables/secrets.js';
import { contentDiff } from './content-diff.js';
import { HIDDEN, shownJson } from './shown.js';

const SECRET = '(secret)';
/** longer texts are shown by their size: a diff of them helps nobody and costs seconds */
const LARGEST_DIFF = 256 * 1024;

/** A change as reporters may show it: secrets out, content as a unified diff. */
export function viewChange(change: Change, options: { secrets: Secrets; hidden: boolean }): ChangeView {
  const view = viewOf(change, options);
  return change.kind === 'action' ? { ...view, kind: 'action' } : view;
}

function viewOf(change: Change, options: { secrets: Secrets; hidden: boolean }): ChangeView {
  const { subject, field } = change;
  const redact = (text: string): string => options.secrets.redact(text);
  if (options.hidden || change.secret === true) {
    return {
      subject: options.hidden && !isPath(change) ? HIDDEN : redact(subject),
      field,
      before: change.before === null ? null : SECRET,
      after: change.after === null ? null : SECRET,
    };
  }
  if (field === 'content') return contentView(change, options.secrets);
  return {
    subject: redact(subject),
    field,
    before: change.before === null ? null : show(change.before, options.secrets),
    after: change.after === null ? null : show(change.after, options.secrets),
  };
}

/** A path is no secret; the subject of a command is its command line, which may hold one. */
function isPath({ subject, field }: Change): boolean {
  return subject.startsWith('/') && !COMMANDS.includes(field);
}

const COMMANDS = ['command', 'shell', 'query', 'request'];

function contentView(change: Change, secrets: Secrets): ChangeView {
  const before = textOf(change.before);
  const after = textOf(change.after);
  const summary = {
    subject: secrets.redact(change.subject),
    field: change.field,
    before: change.before === null ? null : sizeOf(change.before),
    after: change.after === null ? null : sizeOf(change.after),
  };
  if (before === undefined || after === undefined) return summary;
  return { ...summary, diff: contentDiff(before, after, secrets) };
}

function textOf(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return undefined;
  if (value.length > LARGEST_DIFF) return undefined;
  const text = value.toString();
  return text.includes('\0') || text.includes('\ufffd') ? undefined : text;
}

function sizeOf(value: unknown): string {
  if (isSum(value)) return `${value.size} bytes${value.sha256 === null ? '' : `, sha256 ${value.sha256}`}`;
  const bytes = Buffer.isBuffer(value) ? value.length : Buffer.byteLength(String(value));
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** shownSum of the resources: of a large file no more is known. */
function isSum(value: unknown): value is { readonly size: number; readonly sha256: string | null } {
  return typeof value === 'object' && value !== null && 'sha256' in value && 'size' in value;
}

function show(value: unknown, secrets: Secrets): string {
  if (typeof value === 'string') return secrets.redact(value);
  return Buffer.isBuffer(value) ? sizeOf(value) : shownJson(value, secrets);
}
