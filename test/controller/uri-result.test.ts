import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { cleanUp, tasks } from './project.js';

describe('the result of uri', () => {
  cleanUp();
  let server: Server;
  let url = '';
  let asked = 0;
  before((done) => {
    server = createServer((request, response) => {
      asked += 1;
      const status = request.url === '/soon' && asked > 2 ? 200 : 500;
      response.writeHead(status, { 'X-Reason': 'tired', 'Content-Type': 'application/json' });
      response.end('{"why":"tired"}');
    }).listen(0, '127.0.0.1', () => {
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.close());

  for (const method of ['GET', 'HEAD', 'POST', 'DELETE'])
    it(`has status, headers and body of every answer, also of one that is refused: ${method}`, async () => {
      const body = method === 'HEAD' ? '' : ' <%= r.json.why %> <%= r.content %>';
      const { messages, of, errors } = await tasks(
        `
- { uri: { url: "${url}/", method: ${method}, return_content: true }, register: r, ignore_errors: true }
- { debug: { msg: "<%= r.failed %> <%= r.status %> <%= r.x_reason %>${body}" } }
- { uri: { url: "${url}/", method: ${method} }, register: r, failed_when: r.status not in [500] }
- { debug: { msg: "<%= r.failed %> <%= r.status %> <%= r.content ?? 0 %>" } }
`.replace('r.status not in [500]', 'r.status !== 500'),
      ).play();
      expect(
        errors()
          .map((e) => e.message)
          .slice(1),
      ).to.deep.equal([]);
      expect(messages()).to.deep.equal([
        `true 500 tired${method === 'HEAD' ? '' : ' tired {"why":"tired"}'}`,
        'false 500 0',
      ]);
      expect(of('web1').failed).to.equal(0);
    });

  it('of no answer is -1, as in Ansible', async () => {
    const { messages } = await tasks(
      ['GET', 'POST']
        .map(
          (method) => `
- { uri: { url: "http://127.0.0.1:1/", method: ${method} }, register: r, ignore_errors: true }
- { debug: { msg: "<%= r.failed %> <%= r.status %>" } }
`,
        )
        .join(''),
    ).play();
    expect(messages()).to.deep.equal(['true -1', 'true -1']);
  });

  it('is what until waits for', async () => {
    asked = 0;
    const { messages, of } = await tasks(`
- { uri: { url: "${url}/soon" }, register: r, until: r.status == 200, retries: 5, delay: 0 }
- { debug: { msg: "<%= r.status %>" } }
`).play();
    expect([messages(), of('web1').failed, asked]).to.deep.equal([['200'], 0, 3]);
  });
});
