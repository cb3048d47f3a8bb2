import { escapeControl } from '../errors.js';

/** A question of a host (RFC 4256); `echo`: what is typed may be seen. */
export interface Prompt {
  readonly prompt: string;
  readonly echo?: boolean;
}

/** "Password:" as PAM says it, in the languages of Linux-PAM that are most used. */
const PASSWORD =
  /pass(word|phrase|wd)|passwort|kennwort|mot de passe|contraseña|clave|senha|palavra-passe|wachtwoord|lösenord|adgangskode|passord|salasana|hasło|heslo|jelszó|parola|пароль|密码|密碼|パスワード|암호/iu;

/** What else hosts ask for: second factors, and a new password in place of one that has run out. */
const OTHER =
  /one.?time|\botp\b|\bpin\b|token|\bcode\b|passcode|verification|authenticator|\bnew\b|again|retype|current/i;

/** Whether the only question is for the user's password, with what is typed kept hidden. */
export function asksForPassword(prompts: readonly Prompt[]): boolean {
  const [only, ...more] = prompts;
  if (only === undefined || more.length > 0 || only.echo !== false) return false;
  // "Password for admin@code.example:" is one; what it is for may be called anything
  const [question = ''] = only.prompt.split(/\bfor\b/i);
  return PASSWORD.test(question) && !OTHER.test(question);
}

/** The questions as they can be shown: a host wrote them. */
export function askedText(prompts: readonly Prompt[]): string {
  const text = prompts.map(({ prompt }) => prompt.trim()).join(' / ');
  const shown = escapeControl(text.slice(0, 100));
  return `"${shown}${text.length > 100 ? '…' : ''}"`;
}
