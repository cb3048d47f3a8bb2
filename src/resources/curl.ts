/** An HTTP request as curl's configuration file says it: on standard input, so that no argument shows a secret. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly user?: { readonly name: string; readonly password: string };
  readonly followRedirects: boolean;
  readonly validateCerts: boolean;
  /** seconds for the whole exchange */
  readonly timeout: number;
  readonly unixSocket?: string;
  /** `HOST:PORT:ADDRESS` entries that stand in for DNS */
  readonly resolve?: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  /** names in lower case; repeated ones joined by `, ` */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** the address after redirects */
  readonly url: string;
  /** seconds */
  readonly elapsed: number;
}

/** `-q` first: the user's own ~/.curlrc must not change what a task means. */
export const CURL: readonly string[] = ['curl', '-q', '-K', '-'];

/** curl's exit code when the server's certificate is not good, for whatever reason. */
const DISTRUSTED = 60;

/** The configuration for curl; `parseResponse` reads what curl then writes. */
export function curlConfig(request: HttpRequest): string {
  const lines = [
    curlOption('url', request.url),
    'silent',
    'show-error',
    'include',
    // Without it curl reads [] and {} in an address as patterns.
    'globoff',
    curlOption('max-time', String(request.timeout)),
    // A HEAD has no body to wait for, whatever Content-Length says.
    request.method === 'HEAD' ? 'head' : curlOption('request', request.method),
    ...Object.entries(request.headers ?? {}).map(([name, value]) =>
      curlOption('header', value === '' ? `${name};` : `${name}: ${value}`),
    ),
    ...(request.body === undefined ? [] : [curlOption('data-raw', request.body)]),
    ...(request.user ? [curlOption('user', `${request.user.name}:${request.user.password}`)] : []),
    ...(request.followRedirects ? ['location', 'max-redirs = 20'] : []),
    ...(request.validateCerts ? [] : ['insecure']),
    ...(request.unixSocket === undefined ? [] : [curlOption('unix-socket', request.unixSocket)]),
    ...(request.resolve ?? []).map((entry) => curlOption('resolve', entry)),
    curlOption('write-out', '\n%{http_code} %{num_redirects} %{time_total} %{url_effective}'),
  ];
  return `${lines.join('\n')}\n`;
}

/** Undefined when the text does not end in the line that `curlConfig` asks for. */
export function parseResponse(stdout: string): HttpResponse | undefined {
  const end = stdout.lastIndexOf('\n');
  const tail = /^(\d{3}) (\d+) ([\d.,]+) (\S*)\s*$/.exec(stdout.slice(end + 1));
  if (end < 0 || !tail) return undefined;
  let rest = stdout.slice(0, end);
  let redirects = Number(tail[2]);
  let headers = new Map<string, string>();
  for (;;) {
    const begin = /^HTTP\/[\d.]{1,9} (\d{3})/.exec(rest);
    const end = begin ? endOfHead(rest) : -1;
    if (!begin || end < 0) break;
    headers = parseHeaders(rest.slice(0, end));
    rest = rest.slice(end);
    const status = Number(begin[1]);
    if (status >= 300 && status < 400 && redirects > 0) redirects--;
    // What follows an interim answer, a proxy's or a challenge's is another head; anything else is the body.
    else if (status >= 200 && !(/^HTTP\/[\d.]{1,9} \d{3}/.test(rest) && status !== Number(tail[1]))) break;
  }
  return {
    status: Number(tail[1]),
    headers,
    body: rest,
    url: tail[4]!,
    elapsed: Number(tail[3]!.replace(',', '.')),
  };
}

/** Where the line ends that is empty and ends a head. */
function endOfHead(text: string): number {
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text[at + 1] === '\n') return at + 2;
    if (text[at + 1] === '\r') return text[at + 2] === '\n' ? at + 3 : -1;
  }
  return -1;
}

/** What curl said about a request that got no answer, without its name in front. */
export function curlFailure({ rc, stderr }: { readonly rc: number; readonly stderr: string }): string {
  const lines = stderr.trim().split('\n');
  // Behind the error there may be advice for people at a terminal.
  const said = (lines.findLast((line) => line.startsWith('curl: (')) ?? lines.at(-1) ?? '').replace(
    /^curl: \(\d+\) /,
    '',
  );
  if (said === '') return `curl ended with exit code ${rc}`;
  return rc === DISTRUSTED
    ? `${said}. This host does not accept the certificate: make it trust the issuer (/usr/local/share/ca-certificates, update-ca-certificates), or do not judge it (validate_certs: false)`
    : said;
}

/** curl knows these escapes inside double quotes, and no others. */
export function curlOption(name: string, value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\v', '\\v');
  return `${name} = "${escaped}"`;
}

function parseHeaders(head: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.split(/\r?\n/).slice(1)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
