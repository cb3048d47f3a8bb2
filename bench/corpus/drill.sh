#!/bin/bash
# shellcheck disable=SC2016,SC2317 # backticks of SQL, and commands that are handed to expect
# The corpus on one database server, as its root: what is backed up comes back to the bit, or is named. Ends with the number of failures.
#
# bash drill.sh   in the folder of the corpus
set -uo pipefail
export LC_ALL=C.UTF-8
client=$(command -v mariadb || command -v mysql)
dump=$(command -v mariadb-dump || command -v mysqldump)
kind=${client##*/}
backups=/var/backups/mysql status=/var/lib/provision/mysql
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

holds() { printf 'holds: %s\n' "$*"; }
fails() {
  printf 'FAILS: %s\n' "$*"
  failures=$((failures + 1))
}
# expect WHAT COMMAND...
expect() {
  local what=$1
  shift
  if "$@" >"$work/output" 2>&1; then holds "$what"; else fails "$what: $(tail -n 5 "$work/output")"; fi
}
sql() { "$client" --batch --skip-column-names --comments --default-character-set=utf8mb4 "$@"; }
newest() { basename "$(find "$backups" -mindepth 1 -maxdepth 1 -name '2*' | sort | tail -n 1)"; }
empty() {
  sql --raw -e "SELECT CONCAT('SET foreign_key_checks = 0; DROP DATABASE \`', REPLACE(schema_name, '\`', '\`\`'), '\`;') FROM information_schema.schemata
    WHERE schema_name NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')" | sql
}
same() {
  sh state.sh >"$work/after" 2>&1
  diff "$work/before" "$work/after" | cut -c1-400
  cmp -s "$work/before" "$work/after"
}
second='corpus b`'"'\"%"

empty
expect 'the corpus can be made' eval 'sql <common.sql && sql <"$kind.sql"'
sh state.sh >"$work/before" 2>&1 || fails "its state can be read: $(tail -n 1 "$work/before")"
sleep 1
expect 'a backup of it is whole, without a warning of what is not exact' eval 'mysql-backup >"$work/backup" 2>&1 && ! grep "not exact" "$work/backup"'
whole=$(newest)
expect 'the drill finds the same checksum in all tables' eval 'mysql-restore-drill && ! grep -E "\"(written_since|inexact|too_large)\": [1-9]" '"$status"'/drill.json'
empty
expect 'a database alone comes back' mysql-restore .odd-corpus
expect 'an empty database comes back' mysql-restore 'corpus empty'
if mysql-restore "$second" >"$work/said" 2>&1; then fails 'views of a database that is not there are said'; else
  expect 'views of a database that is not there are said' grep 'has to be there, or is restored together' "$work/said"
fi
expect 'and nothing is left of the attempt' eval '! sql -e "SHOW DATABASES" | grep "b\`"'
expect 'databases with views of each other come back together' mysql-restore "$second" corpus
expect 'all is as it was, to the bit' same
sql -e 'DELETE FROM corpus.floats; DROP TABLE corpus.egg' -e '' --init-command='SET foreign_key_checks = 0'
expect 'a database that was changed is replaced' mysql-restore --force --from "$whole" corpus
expect 'all is as it was, to the bit, again' same
sql -e 'SET foreign_key_checks = 0; DROP TABLE corpus.floats'
expect 'a table alone comes back, with its triggers' mysql-restore --from "$whole" --table floats corpus
expect 'all is as it was, to the bit, after a table' same

# A backup that does not load, whatever its checksums say.
cp -a "$backups/$whole" "$backups/20200101T000000Z"
(
  cd "$backups/20200101T000000Z" || exit
  { gzip -dc corpus.sql.gz | sed 's/^CREATE TABLE `hen`/CREATE NONSENSE/' | gzip; } >new && mv new corpus.sql.gz
  rm SHA256SUMS
  sha256sum -- * >../sums && mv ../sums SHA256SUMS
)
if mysql-restore --force --from 20200101T000000Z corpus "$second" >"$work/said" 2>&1; then fails 'a backup that does not load is refused'; else
  expect 'a backup that does not load is refused' grep '^nothing was touched' "$work/said"
fi
expect 'and nothing was touched' same
rm -rf "$backups/20200101T000000Z"

# The load itself breaks.
sql -e "CREATE DATABASE large; CREATE TABLE large.t (id INT PRIMARY KEY AUTO_INCREMENT, f FLOAT, x VARCHAR(200)); CREATE VIEW large.v AS SELECT id FROM large.t;
  INSERT INTO large.t (f, x) SELECT RAND() * 1e7, REPEAT('x', 190) FROM information_schema.columns a, information_schema.columns b LIMIT 60000"
mysql-backup >/dev/null 2>&1
broken_off=$(newest)
sql -e "UPDATE large.t SET x = 'now' WHERE id = 1"
sum=$(sql -e 'CHECKSUM TABLE large.t')
(
  until [ -s "$status/restoring" ]; do sleep 0.05; done
  for _ in $(seq 200); do
    id=$(sql -e "SELECT id FROM information_schema.processlist WHERE db = 'large' LIMIT 1")
    [ -z "$id" ] || { sql -e "KILL $id" && break; }
  done
) 2>/dev/null &
if mysql-restore --force --from "$broken_off" large >"$work/said" 2>&1; then fails 'a load that breaks is an error'; else
  expect 'a load that breaks puts back what was there' grep 'it is as it was before' "$work/said"
fi
wait
expect 'to the bit' [ "$sum" = "$(sql -e 'CHECKSUM TABLE large.t')" ]
expect 'with its view' [ "$(sql -e 'SELECT COUNT(*) FROM large.v')" = 60000 ]
sql -e 'DROP DATABASE large'

# A dump as this role made it before.
sql -e "CREATE DATABASE older; USE older; CREATE TABLE f (id INT PRIMARY KEY, v FLOAT); INSERT INTO f VALUES (1, 1234567.8); CREATE VIEW w AS SELECT id FROM f;
  /*M! CREATE TABLE h (i INT PRIMARY KEY) WITH SYSTEM VERSIONING */; /*M! CREATE SEQUENCE sq */; /*M! CREATE TABLE u (id INT DEFAULT NEXTVAL(sq) PRIMARY KEY, x INT) */; /*M! INSERT INTO u (x) VALUES (1) */"
sleep 3
old=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -m 700 "$backups/$old"
(
  cd "$backups/$old" || exit
  gtid=()
  [ "$kind" = mariadb ] || gtid=(--set-gtid-purged=OFF)
  "$dump" "${gtid[@]}" --single-transaction --quick --routines --events --triggers --hex-blob --default-character-set=utf8mb4 --databases older >all 2>/dev/null
  grep '^CREATE DATABASE ' all >databases.sql
  grep -vE '^(CREATE DATABASE |USE `)' all | gzip >older.sql.gz
  rm all && : >accounts.sql && echo server=old >info && sha256sum -- * >SHA256SUMS
)
expect 'a drill tells what an older dump has rounded from damage' eval 'sleep 1; mysql-restore-drill && grep "\"inexact\": 1" '"$status"'/drill.json'
sql -e 'DROP DATABASE older'
expect 'an older dump can be restored' mysql-restore --from "$old" older
expect 'with its rows' [ "$(sql -e 'SELECT v FROM older.f; /*M! SELECT id FROM older.u */' | tr '\n' ' ')" = "$(if [ "$kind" = mariadb ]; then echo '1234570 1 '; else echo '1234570 '; fi)" ]
rm -rf "${backups:?}/$old"
sql -e 'DROP DATABASE older'

# What cannot be backed up.
sql <broken.sql
mysql-backup >"$work/backup" 2>&1
expect 'a backup that lacks something ends with 10' [ "$?" -eq 10 ]
for object in 'view broken.no_table' 'view broken.a_on_it' 'view broken.no_function' 'view broken.no_column' 'table broken.merged' 'table broken.no_file' 'trigger broken.of_no_file'; do
  expect "$object is named" grep "^not backed up: $object: ." "$work/backup"
done
expect 'and nothing else' [ "$(grep -c '^not backed up' "$work/backup")" -eq 7 ]
mysql-backup-status >"$work/said"
expect 'monitoring says so' grep 'CRITICAL: the last backup, .*, is not whole: it lacks table broken.merged' "$work/said"
expect 'the drill holds for all the rest' mysql-restore-drill
empty
expect 'the rest comes back' mysql-restore "$second" corpus
expect 'the rest of the database comes back, too' eval 'mysql-restore broken && [ "$(sql -e "SELECT id FROM broken.well")" = 1 ]'
empty
exit "$failures"
