import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { Answers } from '../../src/agent/query.js';
import type { ScriptStep } from '../../src/agent/step.js';
import { CURL, curlConfig, curlFailure, parseResponse, type HttpRequest } from '../../src/resources/curl.js';
import { uri } from '../../src/resources/uri.js';
import { runProgram, runScript } from './run-script.js';

describe('curl', () => {
  let server: Server;
  let base = '';
  before((done) => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        if (request.url === '/old') return response.writeHead(302, { Location: '/echo' }).end('moved');
        if (request.url === '/head') return response.end('HTTP/1.1 200 OK\r\n\r\nnot a head');
        if (request.url === '/busy') return response.writeHead(503).end('line one\nline two\n');
        response.writeHead(201, { 'Content-Type': 'application/json', 'X-Two': ['1', '2'] });
        response.end(JSON.stringify(echo(request, body)));
      });
    }).listen(0, '127.0.0.1', () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after((done) => {
    server.closeAllConnections();
    server.close(done);
  });

  const ask = async (request: Partial<HttpRequest>): Promise<ReturnType<typeof parseResponse>> => {
    const config = curlConfig({
      url: `${base}/echo`,
      method: 'GET',
      followRedirects: false,
      validateCerts: true,
      timeout: 10,
      ...request,
    });
    return parseResponse((await runProgram(CURL, { stdin: config })).stdout);
  };

  it('brings any body, header and password to the server as they are', async () => {
    const headerText = fc
      .string({ unit: fc.constantFrom('a', '"', '\\', "'", ' x', '\t.', '%', '@', '#', '$', '{') })
      .map((text) => `v${text}`.trim());
    // A zero byte cannot stand in a configuration file.
    const body = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(body, headerText, headerText, async (text, header, password) => {
        const response = await ask({
          method: 'POST',
          body: text,
          headers: { 'X-Test': header },
          user: { name: 'u', password },
        });
        const seen = JSON.parse(response!.body) as ReturnType<typeof echo>;
        expect(seen.body).to.equal(text);
        expect(seen.header).to.equal(header);
        expect(Buffer.from(seen.authorization.replace('Basic ', ''), 'base64').toString()).to.equal(
          `u:${password}`,
        );
      }),
      {
        numRuns: 40,
        examples: [
          ['@/etc/passwd', 'v', 'p'],
          ['a\r\n"b\\n\v\t', 'v"\\', '"\\ #'],
          ['', 'v', 'v'],
        ],
      },
    );
  });

  it('reads status, headers and body', async () => {
    const response = await ask({ method: 'DELETE' });
    expect(response?.status).to.equal(201);
    expect(response?.headers.get('x-two')).to.equal('1, 2');
    expect((JSON.parse(response!.body) as ReturnType<typeof echo>).method).to.equal('DELETE');
  });

  it('follows redirects to the last answer, if it shall', async () => {
    expect(await ask({ url: `${base}/old`, followRedirects: true })).to.include({
      status: 201,
      url: `${base}/echo`,
    });
    expect(await ask({ url: `${base}/old` })).to.include({ status: 302, body: 'moved' });
  });

  it('does not take a body for a head', async () => {
    expect((await ask({ url: `${base}/head` }))?.body).to.equal('HTTP/1.1 200 OK\r\n\r\nnot a head');
  });

  it('asks for a head without waiting for its body', async () => {
    expect(await ask({ url: `${base}/head`, method: 'HEAD' })).to.include({ status: 200, body: '' });
  });

  it('says why there is no answer', async () => {
    const ended = await runProgram(CURL, { stdin: 'url = "http://127.0.0.1:1/"\nsilent\nshow-error\n' });
    expect(curlFailure(ended)).to.match(/^Failed to connect to 127.0.0.1 port 1/);
    expect(curlFailure({ rc: 2, stderr: '' })).to.equal('curl ended with exit code 2');
    const advice =
      'More details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.\n';
    const stderr = `curl: (60) SSL certificate problem: self-signed certificate\n${advice}`;
    expect(curlFailure({ rc: 60, stderr })).to.match(
      /^SSL certificate problem: self-signed certificate\. This host does not accept the certificate: .*validate_certs: false\)$/,
    );
  });

  describe('as a step of uri', () => {
    const send = (params: Record<string, unknown>): ReturnType<typeof runScript> =>
      runScript(uri.apply({ method: 'POST', ...params }, [], new Answers(new Map()))[0] as ScriptStep);

    it('succeeds with the wanted status and returns the answer', async () => {
      const output = await send({
        url: `${base}/echo`,
        body: { a: 'ü"\n' },
        body_format: 'json',
        status_code: [200, 201],
      });
      expect(output.rc).to.equal(0);
      const result = uri.result!({ url: `${base}/echo`, method: 'POST' }, new Answers(new Map()), [output]);
      expect(result).to.include({ status: 201, x_two: '1, 2', redirected: false });
      expect(result['json']).to.include({ body: '{"a":"ü\\"\\n"}', type: 'application/json' });
    });

    it('fails with another status and shows what the server said', async () => {
      const output = await send({ url: `${base}/busy`, status_code: 200 });
      expect(output.rc).to.equal(22);
      expect(output.stderr)
        .to.match(/^the server answered 503, expected 200:\n/)
        .and.contain('line one\nline two\n');
    });

    it('fails when nobody answers', async () => {
      const output = await send({ url: 'http://127.0.0.1:1/' });
      expect(output.rc).to.equal(7);
      expect(output.stderr).to.contain('Failed to connect');
    });
  });
});

function echo(
  request: IncomingMessage,
  body: string,
): { method: string; body: string; header: string; authorization: string; type: string } {
  const { headers, method = '' } = request;
  return {
    method,
    body,
    header: String(headers['x-test'] ?? ''),
    authorization: headers.authorization ?? '',
    type: headers['content-type'] ?? '',
  };
}
