import type { Resource } from './resource.js';
import { apt } from './apt.js';
import { assert } from './assert.js';
import { authorizedKey } from './authorized_key.js';
import { blockinfile } from './blockinfile.js';
import { command } from './command.js';
import { copy } from './copy.js';
import { debug } from './debug.js';
import { fail } from './fail.js';
import { file } from './file.js';
import { group } from './group.js';
import { haproxy } from './haproxy.js';
import { hostname } from './hostname.js';
import { lineinfile } from './lineinfile.js';
import { mysqlDb } from './mysql_db.js';
import { mysqlQuery } from './mysql_query.js';
import { mysqlUser } from './mysql_user.js';
import { npm } from './npm.js';
import { genericPackage } from './package.js';
import { pm2 } from './pm2.js';
import { service } from './service.js';
import { setFact } from './set_fact.js';
import { shell } from './shell.js';
import { snapshot } from './snapshot.js';
import { stat } from './stat.js';
import { sysctl } from './sysctl.js';
import { systemdUnit } from './systemd_unit.js';
import { template } from './template.js';
import { uri } from './uri.js';
import { user } from './user.js';
import { waitFor } from './wait_for.js';
import { waitForConnection } from './wait_for_connection.js';

const all: readonly Resource[] = [
  apt,
  assert,
  authorizedKey,
  blockinfile,
  command,
  copy,
  debug,
  fail,
  file,
  group,
  haproxy,
  hostname,
  lineinfile,
  mysqlDb,
  mysqlQuery,
  mysqlUser,
  npm,
  genericPackage,
  pm2,
  service,
  setFact,
  shell,
  snapshot,
  stat,
  sysctl,
  systemdUnit,
  template,
  uri,
  user,
  waitFor,
  waitForConnection,
];

/** Every resource that a task can name. A new one is one import and one entry. */
export const resources: ReadonlyMap<string, Resource> = new Map(all.map((one) => [one.name, one]));
