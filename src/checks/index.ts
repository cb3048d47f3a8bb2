import { addressOnce } from './address_once.js';
import type { Check } from './check.js';
import { command } from './command.js';
import { file } from './file.js';
import { haproxyServers } from './haproxy_servers.js';
import { http } from './http.js';
import { httpSequence } from './http_sequence.js';
import { mysqlLogin } from './mysql_login.js';
import { pm2Apps } from './pm2_apps.js';
import { port } from './port.js';
import { snapshot } from './snapshot.js';
import { sysctl } from './sysctl.js';
import { unit } from './unit.js';

const all: readonly Check[] = [
  addressOnce,
  command,
  file,
  haproxyServers,
  http,
  httpSequence,
  mysqlLogin,
  pm2Apps,
  port,
  snapshot,
  sysctl,
  unit,
];

/** Every check that verify.yml can name. A new one is one import and one entry. */
export const checks: ReadonlyMap<string, Check> = new Map(all.map((one) => [one.name, one]));
