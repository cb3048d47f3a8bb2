import { TaskError } from '../errors.js';

/** A note for a pending handler could not be written or removed: nothing that comes behind it in the request was done. */
export class NoteError extends TaskError {
  constructor(doing: 'written' | 'removed', host: string, said: string) {
    super(`the note for a pending handler could not be ${doing}`, {
      host,
      detail: said.trim().split('\n'),
      hint:
        doing === 'written'
          ? 'nothing was changed: is the disk of the host full, or /var read-only?'
          : 'the next run runs the handler once more: is /var of the host read-only?',
    });
  }
}
