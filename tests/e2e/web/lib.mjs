// What the tests of the console share: one browser, a page of somebody who is logged in, axe on what is shown, the lab's switches.
// Nothing waits for time to pass: every wait is for something that appears.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const world = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(join(world.modules, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const OWN = '/cloudapi/vouchsafe/1.0.0';
export const PATIENCE_MS = 30000;
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync'];

export const browser = await chromium.launch({ executablePath: world.chromium, args: ARGUMENTS });

const tests = [];
export function test(name, body) {
  tests.push([name, body]);
}

export function check(condition, ...what) {
  if (!condition) throw new Error(what.map(String).join('\n') || 'not so');
}

export function equal(seen, wanted, ...what) {
  check(Object.is(seen, wanted), `wanted ${JSON.stringify(wanted)}`, `seen   ${JSON.stringify(seen)}`, ...what);
}

export function lab(...words) {
  return execFileSync(world.lab.program, [...words, '--dir', world.lab.dir], { encoding: 'utf8' });
}

export const ui = (path = '') => `${world.url}/ui/${path}`;
export const vcenterUrl = (name) => `https://${name}.lab.test:${world.lab.port}`;

/* What Chromium says of refusals; and of a request that it began on kept connections which ended under it, and then sent on a new one: the
   page never learns of that. On a busy machine a kept connection can outlive its time. */
const EXPECTED = /status of 4\d\d|ERR_TOO_MANY_RETRIES/;

/** A browser of its own, and what went wrong in it. */
export async function open(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.troubles = [];
  page.requests = [];
  page.on('pageerror', (e) => page.troubles.push(`error: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error' && !EXPECTED.test(m.text())) page.troubles.push(`console: ${m.text()}`);
  });
  page.on('request', (r) => page.requests.push(r.url()));
  return page;
}

export async function login(page, user = world.user, password = world.password, org = 'System') {
  await page.getByLabel('Organization').fill(org);
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

let cookie = null; // of the session that all tests share that don't log in themselves: a password is made slow to check

/** Logged in, at an address. */
export async function at(path = '', options = {}) {
  const page = await open(options);
  if (cookie) await page.context().addCookies([cookie]);
  await page.goto(ui(path));
  if (cookie) {
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    return page;
  }
  await login(page);
  const [{ name, value }] = await page.context().cookies();
  cookie = { name, value, url: world.url, httpOnly: true, secure: true, sameSite: 'Strict' };
  return page;
}

export function heading(page, name) {
  return page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** No finding of axe (of these rules, else of all) on what is shown now; a picture of it where pictures are kept. */
export async function sound(page, name, rules = null) {
  await page.evaluate(`if (!globalThis.axe) { ${axe} }`);
  const found = await page.evaluate((only) => globalThis.axe.run(document, only ? { runOnly: only } : {}), rules);
  const text = found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => `${n.target} ${n.html.slice(0, 160)} ${n.failureSummary}`).join('\n  ')}`);
  check(text.length === 0, name, ...text);
  equal(page.troubles.join('\n'), '', name);
  if (world.screens) {
    mkdirSync(world.screens, { recursive: true });
    await page.screenshot({ path: join(world.screens, `${name}.png`) });
  }
}

export async function rest(page, method, path, body) {
  return page.evaluate(async ([m, p, b]) => {
    const session = await (await fetch('/cloudapi/vouchsafe/1.0.0/webSession', { headers: { Accept: 'application/json;version=37.0' } })).json();
    const answer = await fetch(p, {
      method: m,
      headers: {
        Accept: p.startsWith('/api/') ? 'application/*+json;version=37.0' : 'application/json;version=37.0', 'Content-Type': 'application/json',
        'X-Vouchsafe-Csrf': session.csrf,
      },
      ...(b === undefined ? {} : { body: JSON.stringify(b) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text ? JSON.parse(text) : null };
  }, [method, path, body]);
}

/** The dialog's first step, up to the certificate. */
export async function address(page, name, url) {
  await page.goto(ui('resources/vcenters'));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Attach vCenter Server' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('URL').fill(url);
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('heading', { name: "The endpoint's certificate" }).waitFor();
  return dialog;
}

/** Steps 1 and 2; the VMCA's step is shown then. */
export async function attach(page, name) {
  const [user, password] = world.accounts[name];
  const dialog = await address(page, name, vcenterUrl(name));
  await dialog.getByRole('button', { name: /^(Trust|Next)$/ }).click();
  await dialog.getByLabel('User name').fill(user);
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Attach' }).click();
  await dialog.getByText(`vCenter ${name}`).waitFor();
  return dialog;
}

export const row = (page, name) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

/** An organization VDC over all of a vCenter's machines, made once. */
export async function place(page, vcenter) {
  const there = await rest(page, 'GET', `${OWN}/vdcs?page=1&pageSize=128`);
  if (there.json.values.some((v) => v.name === `vdc-${vcenter}`)) return;
  const org = await rest(page, 'POST', '/cloudapi/1.0.0/orgs', { name: `org-${vcenter}`, displayName: 'Org' });
  check(org.status === 201, JSON.stringify(org));
  const made = await rest(page, 'POST', `${OWN}/vdcs`, {
    name: `vdc-${vcenter}`, org: { name: `org-${vcenter}` }, virtualCenter: { name: vcenter }, resourcePool: { moref: 'resgroup-8' },
    datastore: { moref: 'datastore-9' }, network: { moref: 'network-10' },
  });
  check(made.status === 201, JSON.stringify(made));
}

export async function main() {
  const chosen = tests.filter(([name]) => !world.only.length || world.only.some((w) => name.includes(w)));
  console.log(`1..${chosen.length}`);
  let failed = 0;
  for (const [i, [name, body]] of chosen.entries()) {
    const began = performance.now();
    try {
      await body();
      console.log(`ok ${i + 1} - ${name}\n# ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } catch (e) {
      failed += 1;
      console.log(`not ok ${i + 1} - ${name}`);
      for (const line of String(e.stack ?? e).split('\n')) console.log(`# ${line}`);
      for (const context of browser.contexts())
        for (const page of context.pages())
          console.log(`# at ${page.url()}: ${(await page.locator('body').innerText().catch(() => '')).slice(0, 1500).replaceAll('\n', ' | ')}`);
    }
    for (const context of browser.contexts()) await context.close();
  }
  await browser.close();
  process.exitCode = failed ? 1 : 0;
}
