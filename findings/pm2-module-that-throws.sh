#!/bin/sh
# PM2 in cluster mode keeps an ES module alive that throws while it is loaded: it is "online", does nothing, and is never started again.
#
# Node ends a process whose main module throws, with exit code 1. PM2 loads the script by a dynamic import and answers
# "unhandledRejection" itself with a line in the error log, so that the process goes on with nothing in it. A CommonJS script with the same
# throw ends and is started again, which shows in its count of restarts. So a deploy that asks PM2 whether the new release runs is told that it does.
#
# Seen on 2026-12-01 with pm2 7.0.4, Node 20.19: "module: online, 0 restarts; script: started again" (max_restarts: 2).
# Fails when this is no longer so.
set -eu
folder=$(mktemp -d)
export PM2_HOME="$folder/home"
trap 'cd "$folder" && npx --no-install pm2 kill >/dev/null 2>&1; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts pm2@7.0.4 >/dev/null
echo 'throw new Error("on load");' >module.mjs
echo 'throw new Error("on load");' >script.cjs
cat >ecosystem.config.cjs <<'JS'
const one = (name, script) => ({ name, script, exec_mode: 'cluster', instances: 1, max_restarts: 2, min_uptime: 2000, restart_delay: 200 });
module.exports = { apps: [one('module', './module.mjs'), one('script', './script.cjs')] };
JS
npx --no-install pm2 start ecosystem.config.cjs >/dev/null 2>&1 || true
cat >list.cjs <<'JS'
let text = '';
process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
  const [module, script] = JSON.parse(text.slice(text.indexOf('[{'))).map(({ pm2_env }) => pm2_env);
  console.log(`module: ${module.status}, ${module.restart_time} restarts; script: ${script.restart_time > 0 ? 'started again' : script.status}`);
});
JS
tries=0 seen=''
while [ "$tries" -lt 30 ]; do
  seen=$(npx --no-install pm2 jlist | node list.cjs)
  case $seen in *'script: started again') break ;; esac
  tries=$((tries + 1))
  sleep 2
done
echo "$seen"
[ "$seen" = 'module: online, 0 restarts; script: started again' ]
