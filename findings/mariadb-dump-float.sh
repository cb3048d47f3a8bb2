#!/bin/sh
# mariadb-dump writes FLOAT columns with six digits: the value that comes back from a dump is another one, and nothing says so.
#
# FLOAT has 24 bits, which takes nine digits to write down exactly. The server shows six of them in every text result, and the dump is made
# of text results: 1234567.8 is stored as 1234567.75, dumped as 1234570 and restored as 1234570. CHECKSUM TABLE and a comparison with
# CAST(f AS DOUBLE) show the loss; a dump compared with the dump of what it restores does not. DOUBLE is written whole.
#
# Seen on 2026-12-01 with Debian 12's mariadb 1:10.11.19-0+deb12u1, and by hand on 11.8.9 and MySQL 9.7.4:
# "stored 1234567.75, restored 1234570". Fails when this is no longer so.
set -eu
version=1:10.11.19-0+deb12u1
folder=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
chmod 0777 .
for package in mariadb-server-core mariadb-client-core mariadb-client; do apt-get -q download "$package=$version" >/dev/null; done
for file in *.deb; do dpkg -x "$file" root; done
root=$folder/root/usr
"$root/bin/mariadb-install-db" --no-defaults --basedir="$root" --datadir="$folder/data" --user="$(id -un)" --auth-root-authentication-method=normal >install.log 2>&1
"$root/sbin/mariadbd" --no-defaults --datadir="$folder/data" --lc-messages-dir="$root/share/mysql" --socket="$folder/socket" --skip-networking --user="$(id -un)" >server.log 2>&1 &
server=$!
sql() { "$root/bin/mariadb" --no-defaults --socket="$folder/socket" --user=root --batch --skip-column-names "$@"; }
tries=0
until sql -e 'SELECT 1' >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { cat server.log >&2; exit 1; }
  sleep 0.5
done
value='SELECT TRIM(TRAILING "." FROM TRIM(TRAILING "0" FROM CAST(CAST(f AS DOUBLE) AS DECIMAL(20, 4)))) FROM t'
sql -e 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, f FLOAT); INSERT INTO d.t VALUES (1, 1234567.8)'
stored=$(sql d -e "$value")
"$root/bin/mariadb-dump" --no-defaults --socket="$folder/socket" --user=root d >dump.sql
sql -e 'DROP DATABASE d; CREATE DATABASE d'
sql d <dump.sql
seen="stored $stored, restored $(sql d -e "$value")"
echo "$seen"
[ "$seen" = 'stored 1234567.75, restored 1234570' ]
