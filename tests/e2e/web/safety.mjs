// What must hold whoever does what: sessions, tokens, other people's pages, a cell that goes away, a narrow window, the keyboard alone.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { OWN, address, attach, at, check, equal, heading, login, open, place, rest, row, sound, test, ui, vcenterUrl, world } from './lib.mjs';

const MINUTE_MS = 60000;
const NARROW = { width: 360, height: 740 };
const PAGES = ['resources/vcenters', 'resources/nsx', 'resources/hosts', 'resources/vms', 'content/catalogs', 'content/templates', 'content/media',
  'administration/certificates', 'administration/audit', 'administration/general', 'administration/advisories', 'monitor/tasks', 'monitor/audit',
  'monitor/sessions', 'monitor/inbox'];

const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });

/** A request as no page of ours would send it. */
function forged(method, path, headers) {
  const to = new URL(world.url);
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: to.hostname, port: to.port, method, path, headers: {
      'Accept': path.startsWith('/api/') ? 'application/*+json;version=37.0' : 'application/json;version=37.0', 'Content-Type': 'application/json', ...headers,
    } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject);
    asked.end(['POST', 'PUT', 'PATCH'].includes(method) ? '{}' : undefined);
  });
}

test('every change that a page of ours did not send is refused', async () => {
  const page = await at();
  const [{ name, value }] = await page.context().cookies();
  const cookie = `${name}=${value}`;
  const session = await rest(page, 'GET', `${OWN}/webSession`);
  const description = (await rest(page, 'GET', `${OWN}/openapi.json`)).json;
  const elsewhere = [
    { Origin: world.url }, { Origin: world.url, 'X-Vouchsafe-Csrf': '0'.repeat(64) }, { 'X-Vouchsafe-Csrf': session.json.csrf },
    { 'Origin': 'https://elsewhere.example', 'X-Vouchsafe-Csrf': session.json.csrf }, { 'Origin': 'null', 'X-Vouchsafe-Csrf': session.json.csrf },
  ];
  const open = /\/(sessions|webSession|login|token|authorize|oauth)/; // these make a session, and hold no change of one
  let tried = 0;
  for (const [path, operations] of Object.entries(description.paths))
    for (const method of Object.keys(operations).filter((m) => ['post', 'put', 'patch', 'delete'].includes(m))) {
      if (open.test(path) && method === 'post') continue;
      const where = path.replace(/\{[^}]*\}/g, '00000000-0000-4000-8000-000000000000');
      const seen = await Promise.all(elsewhere.map((headers) => forged(method.toUpperCase(), where, { ...headers, Cookie: cookie })));
      check(seen.every((status) => status === 403), method, path, seen);
      tried += 1;
    }
  check(tried > 80, `only ${tried} operations`);
  equal((await rest(page, 'GET', `${OWN}/webSession`)).status, 200, 'the session ended by it');
});

test('a page is let into no frame', async () => {
  const page = await at();
  await page.evaluate(() => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.addEventListener('load', resolve);
    frame.src = '/ui/';
    document.body.append(frame);
  }));
  const inside = page.frames().find((f) => f !== page.mainFrame());
  check(!inside || inside.url().startsWith('chrome-error:') || inside.url() === 'about:blank', inside?.url());
});

test('who logs out in one tab is logged out in the other', async () => {
  const one = await open();
  await one.goto(ui('monitor/tasks'));
  await login(one);
  const other = await one.context().newPage();
  await other.goto(ui('resources/vcenters'));
  await heading(other, 'vCenter Server Instances');
  await one.getByRole('button', { name: 'Log out' }).click();
  await other.getByText('Your session has ended').waitFor();
  await other.getByRole('button', { name: 'Log in' }).waitFor();
});

test('who does nothing is logged out, and who types is not, in whichever tab', async () => {
  const page = await open();
  await page.clock.install();
  await page.goto(ui('resources/vcenters'));
  await login(page);
  await heading(page, 'vCenter Server Instances');
  const other = await page.context().newPage();
  await other.goto(ui('monitor/tasks'));
  await heading(other, 'Tasks');
  for (let i = 0; i < 3; i += 1) {
    await page.clock.fastForward(20 * MINUTE_MS);
    await other.keyboard.press('Shift');
  }
  await heading(page, 'vCenter Server Instances');
  await heading(other, 'Tasks');
  await page.clock.fastForward(31 * MINUTE_MS);
  await page.getByText('Logged out after 30 minutes without use').waitFor();
  await sound(page, 'logged-out-idle');
  equal((await page.context().cookies()).length, 0);
});

/** The cell behind a way that can be cut. */
async function way() {
  const to = new URL(world.url);
  const open = new Set();
  const server = createServer((from) => {
    const there = connect(Number(to.port), to.hostname);
    for (const [a, b] of [[from, there], [there, from]]) {
      open.add(a);
      a.on('error', () => b.destroy());
      a.on('close', () => {
        open.delete(a);
        b.destroy();
      });
      a.pipe(b);
    }
  });
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  const cut = () => new Promise((resolve) => {
    server.close(resolve);
    for (const s of open) s.destroy();
  });
  return { url: `https://127.0.0.1:${port}`, cut, mend: () => listen(port) };
}

test('a cell that is lost is said, and found again by itself', async () => {
  const between = await way();
  const page = await open();
  await page.goto(`${between.url}/ui/resources/vcenters`);
  await login(page);
  await row(page, 'vc1').waitFor();
  await between.cut();
  await page.getByText("The cell can't be heard").waitFor();
  await page.getByRole('link', { name: 'Hosts', exact: true }).click();
  await page.getByRole('alert').getByText('The cell does not answer.').first().waitFor();
  page.troubles.length = 0; // the browser says itself that nobody answered
  await sound(page, 'connection-lost');
  await between.mend();
  await page.getByText("The cell can't be heard").waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Hosts, table' }).getByRole('link', { name: 'vc1', exact: true }).first().waitFor();
  equal(await page.getByText('The cell does not answer.').count(), 0, 'the failure stayed');
  await between.cut();
});

test('a page that is loaded anew goes on within the dialog, without the password', async () => {
  const page = await at();
  const dialog = await address(page, 'vc5', vcenterUrl('vc5'));
  await page.reload();
  await dialog.getByRole('heading', { name: "The endpoint's certificate" }).waitFor();
  await dialog.getByRole('button', { name: /^(Trust|Next)$/ }).click();
  await dialog.getByLabel('User name').fill('somebody');
  await dialog.getByLabel('Password', { exact: true }).fill('a secret word');
  await page.reload();
  await dialog.getByLabel('User name').waitFor();
  equal(await dialog.getByLabel('User name').inputValue(), 'somebody');
  equal(await dialog.getByLabel('Password', { exact: true }).inputValue(), '');
  check(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes('a secret word'), 'the password is kept in the browser');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await heading(page, 'vCenter Server Instances');
  equal(await dialog.count(), 0);
});

test('the walk is walked with the keyboard alone', async () => {
  const page = await at('resources/vcenters');
  await row(page, 'vc1').waitFor();
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent);
  for (let i = 0; (await focused()) !== 'Add'; i += 1) {
    check(i < 40, 'Add is not reached');
    await press('Tab');
  }
  await press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Attach vCenter Server' });
  await dialog.waitFor();
  equal(await focused(), 'Name');
  await page.keyboard.type('vc5');
  await press('Tab', 'Tab');
  await page.keyboard.type(vcenterUrl('vc5'));
  await press('Enter');
  await dialog.getByRole('heading', { name: "The endpoint's certificate" }).waitFor();
  equal(await focused(), 'Cancel');
  await press('Tab', 'Enter');
  await dialog.getByLabel('User name').waitFor();
  equal(await focused(), 'User name');
  const [user, password] = world.accounts.vc5;
  await page.keyboard.type(user);
  await press('Tab');
  await page.keyboard.type(password);
  await press('Enter');
  await dialog.getByRole('button', { name: 'Leave untrusted' }).waitFor();
  equal(await focused(), 'Leave untrusted');
  await press('Tab', 'Enter');
  await dialog.getByText('1 of 1 hosts verified now').waitFor();
  equal(await focused(), 'Done');
  await press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await row(page, 'vc5').getByText('VMCA trusted').waitFor();
});

test('names that would be markup, or turn the line, are text', async () => {
  const page = await at('resources/vcenters');
  const list = await rest(page, 'GET', '/cloudapi/1.0.0/virtualCenters?page=1&pageSize=128');
  const vc5 = list.json.values.find((v) => v.name === 'vc5');
  const name = '<img src=x onerror=alert(1)>\u202etxt.exe';
  const rename = (to) => rest(page, 'PUT', `/cloudapi/1.0.0/virtualCenters/${vc5.vcId}`, { ...vc5, name: to });
  const renamed = await rename(name);
  equal(renamed.status, 202, JSON.stringify(renamed.json));
  await page.getByRole('link', { name: /^<img src=x onerror=alert\(1\)>\\u202etxt\.exe$/ }).click();
  await page.getByRole('heading', { level: 1, name: /^<img/ }).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('User name').waitFor();
  equal(await page.locator('img[onerror]').count(), 0);
  check(!(await page.locator('body').innerText()).includes('\u202e'), 'a character that turns text came through');
  await sound(page, 'hostile-names');
  equal((await rename('vc5')).status, 202);
});

test('a narrow window loses nothing', async () => {
  const page = await at('', { viewport: NARROW });
  for (const path of PAGES) {
    await page.goto(ui(path));
    await page.locator('main table, main form').first().waitFor();
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    check(wide <= 0, path, `${wide} px too wide`, await page.evaluate(() => [...document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest('.vs-scroll')).map((e) => `${e.tagName}.${e.className}`).join(' ')));
    await sound(page, `narrow-${path.replace('/', '-')}`);
  }
  await page.goto(ui('resources/vcenters'));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const wide = await dialog.evaluate((d) => d.scrollWidth - d.clientWidth);
  check(wide <= 0, `the dialog is ${wide} px too wide`);
  await sound(page, 'narrow-attach');
});

test('a tenant sees his own and nothing of the provider S8', async () => {
  const page = await at();
  await place(page, 'vc1');
  await rest(page, 'POST', '/cloudapi/1.0.0/orgs', { name: 'others', displayName: 'Others' });
  const orgs = (await rest(page, 'GET', '/cloudapi/1.0.0/orgs?page=1&pageSize=128')).json.values;
  const roles = (await rest(page, 'GET', '/cloudapi/1.0.0/roles?page=1&pageSize=128')).json.values;
  const id = (org) => orgs.find((o) => o.name === org).id;
  const role = roles.find((r) => r.name === 'Organization Administrator');
  const made = await rest(page, 'POST', '/cloudapi/1.0.0/users', { username: 'tina', password: world.password, enabled: true,
    roleEntityRefs: [{ id: role.id, name: role.name }], orgEntityRef: { id: id('org-vc1') } });
  equal(made.status, 201, JSON.stringify(made.json));
  const foreign = await rest(page, 'POST', `/api/admin/org/${id('others').split(':').pop()}/catalogs`, { name: 'secret shelf' });
  equal(foreign.status, 201, JSON.stringify(foreign.json));

  const hers = await open({ acceptDownloads: true });
  await hers.goto(ui());
  await login(hers, 'tina', world.password, 'org-vc1');
  const areas = hers.getByRole('navigation', { name: 'Areas' });
  await areas.getByRole('link').first().waitFor();
  for (const path of PAGES) {
    await hers.goto(ui(path));
    await hers.getByRole('button', { name: 'Log out' }).waitFor();
    await hers.locator('main table, main form, main .vs-empty').first().waitFor();
    await sound(hers, `tenant-${path.replace('/', '-')}`);
  }
  for (const path of ['resources/vcenters', 'resources/hosts', 'resources/nsx', 'administration/certificates', 'administration/audit', 'administration/general', 'monitor/inbox']) {
    await hers.goto(ui(path));
    await hers.getByText('There is no page at this address, or you may not see it.').waitFor();
    equal(await hers.locator(`nav a[href="/ui/${path}"]`).count(), 0, path);
  }
  for (const path of [`${OWN}/vcenters`, `${OWN}/hosts`, `${OWN}/grants`, `${OWN}/inbox`, `${OWN}/trustAudit`, '/cloudapi/1.0.0/virtualCenters',
    `/api/catalog/${foreign.json.id.split(':').pop()}`, '/api/admin/extension/settings/general'])
    equal((await rest(hers, 'GET', path)).status, 403, path);

  const timed = (p) => p.evaluate(async (port) => {
    const { csrf } = await (await fetch('/cloudapi/vouchsafe/1.0.0/webSession', { headers: { Accept: 'application/json;version=37.0' } })).json();
    return (await fetch('/cloudapi/1.0.0/testConnection', { method: 'POST', body: JSON.stringify({ host: 'vc1.lab.test', port, timeout: 1 }),
      headers: { 'Accept': 'application/json;version=37.0', 'Content-Type': 'application/json', 'X-Vouchsafe-Csrf': csrf } })).headers.get('Server-Timing');
  }, world.lab.port);
  check(/handshake;dur=/.test(await timed(page)), 'the provider is told no times');
  equal(await timed(hers), null, 'how long it took shows what is denied');

  await hers.goto(ui(`content/catalogs/${encodeURIComponent(foreign.json.id)}`));
  await hers.getByRole('alert').first().waitFor();
  await hers.goto(ui('content/catalogs'));
  await hers.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = hers.getByRole('dialog', { name: 'New catalog' });
  equal(await dialog.getByLabel('Organization').count(), 0);
  await dialog.getByLabel('Name').fill('mine');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await hers.getByRole('link', { name: 'mine', exact: true }).click();
  equal(await hers.getByText('secret shelf').count(), 0);
  await heading(hers, 'mine');
  await hers.getByRole('button', { name: 'Upload media' }).click();
  const media = hers.getByRole('dialog', { name: /^Upload / });
  const image = join(world.dir, 'files', 'image.iso');
  await media.locator('input[type=file]').setInputFiles(image);
  await media.getByRole('button', { name: 'Upload', exact: true }).click();
  await media.getByText('image.iso is in the catalog').waitFor();
  await media.getByRole('button', { name: 'Close' }).last().click();
  const line = hers.getByRole('row').filter({ has: hers.getByRole('cell', { name: 'image.iso', exact: true }) });
  await line.getByRole('button', { name: 'Details' }).click();
  await hers.getByRole('button', { name: 'Prepare download' }).click();
  const link = hers.getByRole('link', { name: /^Download Image/ });
  await link.waitFor();
  await sound(hers, 'tenant-catalog');
  const [got] = await Promise.all([hers.waitForEvent('download'), link.click()]);
  check(readFileSync(await got.path()).equals(readFileSync(image)), 'what came down is not what went up');
});
