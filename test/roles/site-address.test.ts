import { expect } from 'chai';
import { playOnHost } from './support.js';

/** How the end-to-end checks of the shipped playbook come to the site: as its visitors do. */
describe('address of the site for its checks', () => {
  const certificates = { haproxy_certificates: [{ name: 'www' }] };
  const cases: [string, object, object][] = [
    [
      'without certificates',
      { haproxy_certificates: [] },
      { site: 'http://10.77.0.100', judged: false, resolve: [] },
    ],
    [
      'with certificates and without a redirect to them',
      { ...certificates, haproxy_tls_redirect: false },
      { site: 'http://10.77.0.100', judged: false, resolve: [] },
    ],
    [
      'with certificates',
      { ...certificates, haproxy_tls_redirect: true },
      { site: 'https://10.77.0.100', judged: false, resolve: [] },
    ],
    [
      'by its name',
      { ...certificates, haproxy_tls_redirect: true, site_name: 'www.example.com' },
      { site: 'https://www.example.com', judged: true, resolve: ['www.example.com:443:10.77.0.100'] },
    ],
    [
      'by its name, with a certificate that nobody has to accept',
      { ...certificates, haproxy_tls_redirect: true, site_name: 'a.example', site_validate_certs: false },
      { site: 'https://a.example', judged: false, resolve: ['a.example:443:10.77.0.100'] },
    ],
    [
      'by its name without TLS',
      { haproxy_certificates: [], site_name: 'a.example' },
      { site: 'http://a.example', judged: true, resolve: ['a.example:80:10.77.0.100'] },
    ],
  ];
  for (const [name, extra, expected] of cases)
    it(name, async () => {
      const scope = await playOnHost('End to end', 'web1', { extra: extra as Record<string, unknown> });
      expect({
        site: scope.get('site'),
        judged: scope.get('site_judged'),
        resolve: scope.get('site_resolve'),
      }).to.deep.equal(expected);
    });
});
