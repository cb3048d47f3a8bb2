import { assert } from './assert.js';
import { command } from './command.js';
import { debug } from './debug.js';
import { fail } from './fail.js';
import { mysqlDb } from './mysql_db.js';
import { mysqlQuery } from './mysql_query.js';
import { mysqlUser } from './mysql_user.js';
import { npm } from './npm.js';
import type { Resource } from './resource.js';
import { setFact } from './set_fact.js';
import { shell } from './shell.js';
import { uri } from './uri.js';
import { waitFor } from './wait_for.js';

const all: readonly Resource[] = [
  assert,
  command,
  debug,
  fail,
  mysqlDb,
  mysqlQuery,
  mysqlUser,
  npm,
  setFact,
  shell,
  uri,
  waitFor,
];

/** Every resource that a task can name. A new one is one import and one entry. */
export const resources: ReadonlyMap<string, Resource> = new Map(all.map((one) => [one.name, one]));
