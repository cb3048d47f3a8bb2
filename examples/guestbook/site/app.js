const REFRESH = 10_000;
const LONGEST_WAIT = 60_000;
const $ = (id) => document.getElementById(id);

const answers = new Map();
const shown = new Map();
let failures = 0;
let timer;

$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  sign();
});
$('message').addEventListener('input', showRoomLeft);
$('ask').addEventListener('click', ask);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});
await Promise.all([refresh(), ask()]);

/** Fetch the entries now, and again after a while as long as somebody looks. */
async function refresh() {
  clearTimeout(timer);
  try {
    const { entries } = await request('/api/entries');
    showEntries(entries);
    showOutage(undefined);
  } catch (error) {
    showOutage(error);
  }
  if (!document.hidden) timer = setTimeout(refresh, Math.min(REFRESH * 2 ** failures, LONGEST_WAIT));
}

async function ask() {
  try {
    const { version, client } = await request('/api/whoami');
    $('version').textContent = `Version ${version}`;
    $('client').textContent = `you come from ${client}`;
  } catch (error) {
    showOutage(error);
  }
}

async function sign() {
  const fields = { name: $('name'), message: $('message') };
  const missing = Object.entries(fields).filter(([, field]) => field.value.trim() === '');
  for (const field of Object.values(fields)) field.removeAttribute('aria-invalid');
  if (missing.length > 0) {
    for (const [, field] of missing) field.setAttribute('aria-invalid', 'true');
    missing[0][1].focus();
    showOutcome('bad', `Please fill in the ${missing.map(([name]) => name).join(' and the ')}.`);
    return;
  }
  $('send').disabled = true;
  showOutcome('', 'Sending …');
  try {
    const body = { name: fields.name.value, message: fields.message.value };
    const entry = await request('/api/entries', { method: 'POST', body });
    fields.message.value = '';
    showRoomLeft();
    showOutcome('good', `Thank you! ${entry.instance} has kept it.`);
    await refresh();
  } catch (error) {
    showOutcome('bad', `${error.message} Your text is still here.`);
  } finally {
    $('send').disabled = false;
  }
}

/** One question to the API. Throws an Error with a sentence for the visitor. */
async function request(path, { method = 'GET', body } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(15_000),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
  } catch {
    throw new Error('The guestbook cannot be reached right now.');
  }
  const answer = await response.json().catch(() => undefined);
  const server = response.headers.get('X-Served-By');
  if (server) countAnswer(server);
  if (response.ok && answer !== undefined) return answer;
  throw new Error(answer?.error ?? 'The guestbook is having a short rest.');
}

function countAnswer(server) {
  answers.set(server, (answers.get(server) ?? 0) + 1);
  $('last').replaceChildren('The last answer came from ', element('strong', server), '.');
  const chips = [...answers]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => {
      const chip = element('li', name);
      chip.append(element('b', String(count)));
      chip.classList.toggle('now', name === server);
      return chip;
    });
  $('tally').replaceChildren(...chips);
  const pulse = $('pulse');
  pulse.classList.remove('beat');
  // Reading a size makes the browser notice that the class was gone, so that the animation starts over.
  void pulse.offsetWidth;
  pulse.classList.add('beat');
}

/** Keep what is there: only new entries move, and a reader's selection stays. */
function showEntries(entries) {
  const first = shown.size === 0;
  const list = $('entries');
  const ids = new Set(entries.map((entry) => entry.id));
  for (const [id, node] of shown) {
    if (ids.has(id)) continue;
    node.remove();
    shown.delete(id);
  }
  for (const entry of [...entries].reverse()) {
    if (shown.has(entry.id)) continue;
    const node = entryNode(entry);
    node.classList.toggle('new', !first);
    shown.set(entry.id, node);
    list.prepend(node);
  }
  for (const time of list.querySelectorAll('time')) time.textContent = ago(new Date(time.dateTime));
  list.setAttribute('aria-busy', 'false');
  $('empty').hidden = entries.length > 0;
}

function entryNode({ name, message, instance, created_at }) {
  const node = $('entry').content.firstElementChild.cloneNode(true);
  const avatar = node.querySelector('.avatar');
  const time = node.querySelector('time');
  avatar.textContent = [...name][0].toLocaleUpperCase();
  avatar.dataset.hue = String([...name].reduce((sum, char) => sum + char.codePointAt(0), 0) % 6);
  node.querySelector('.who').textContent = name;
  node.querySelector('.message').textContent = message;
  node.querySelector('.server').textContent = instance;
  time.dateTime = created_at;
  time.title = new Date(created_at).toLocaleString();
  return node;
}

function showOutage(error) {
  failures = error === undefined ? 0 : failures + 1;
  $('pulse').classList.toggle('down', error !== undefined);
  const outage = $('outage');
  if (error === undefined) {
    outage.hidden = true;
    return;
  }
  const text = `${error.message} This page tries again by itself.`;
  // Not repeated at every attempt to somebody who listens to the page.
  if (outage.hidden || outage.textContent !== text) outage.textContent = text;
  outage.hidden = false;
  if (answers.size === 0) $('last').textContent = 'Nobody answers yet.';
}

function showOutcome(kind, text) {
  $('outcome').className = `outcome ${kind}`;
  $('outcome').textContent = text;
}

function showRoomLeft() {
  const { length } = [...$('message').value];
  $('left').textContent =
    length === 0 ? 'Up to 1,000 characters' : `${(1000 - length).toLocaleString('en')} characters left`;
}

/** "3 minutes ago" */
function ago(date) {
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  const [unit, size] = units.find(([, one]) => Math.abs(seconds) >= one) ?? ['second', 1];
  return Math.abs(seconds) < 10 ? 'just now' : format.format(Math.round(seconds / size), unit);
}

function element(name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}
