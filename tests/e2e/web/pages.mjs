// The walk and the pages, in the order in which an administrator meets them: later tests stand on what earlier ones made.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { OWN, PATIENCE_MS, address, at, attach, check, equal, heading, lab, login, open, place, rest, row, sound, test, ui, vcenterUrl, world } from './lib.mjs';

const FIRST_PAGE_MAX = 100 * 1000; // bytes over the wire

/** The bundle that a vCenter serves to anybody, as a person would fetch it with a browser. */
function download(name) {
  const at = readFileSync(join(world.lab.dir, 'hosts'), 'utf8').split('\n').map((l) => l.split(/\s+/)).find((l) => l[1] === `${name}.lab.test`)[0];
  return new Promise((resolve, reject) => {
    const asked = request({ host: at, port: world.lab.port, path: '/certs/download.zip', servername: `${name}.lab.test`, rejectUnauthorized: false,
      headers: { Host: `${name}.lab.test` } }, (answer) => {
      const parts = [];
      answer.on('data', (p) => parts.push(p));
      answer.on('end', () => resolve(Buffer.concat(parts)));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('the first page is small, its own, and strict', async () => {
  const page = await open();
  const sizes = [];
  page.on('response', async (r) => {
    if (r.url().includes('/ui')) sizes.push((await r.request().sizes()).responseBodySize);
  });
  const answer = await page.goto(ui());
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  const total = sizes.reduce((a, b) => a + b, 0);
  check(total > 0 && total <= FIRST_PAGE_MAX, `${total} bytes`);
  const fields = answer.headers();
  const policy = fields['content-security-policy'];
  check(/default-src 'none'/.test(policy) && !/unsafe/.test(policy) && /frame-ancestors 'none'/.test(policy), policy);
  equal(fields['x-frame-options'], 'DENY');
  equal(fields['x-content-type-options'], 'nosniff');
  check(fields['strict-transport-security'], 'no HSTS');
  for (const url of page.requests) check(url.startsWith(`${world.url}/`), `a request to ${url}`);
  await sound(page, 'login');
});

test('files are packed, kept by digest, and asked for again otherwise', async () => {
  const page = await open();
  await page.goto(ui());
  const seen = await page.evaluate(async () => {
    const html = await fetch('/ui/', { cache: 'no-store' });
    const name = (await html.clone().text()).match(/\/ui\/assets\/main[^"]+\.js/)[0];
    const script = await fetch(name, { cache: 'no-store' });
    const none = await fetch('/ui/assets/none.js', { cache: 'no-store' });
    const deep = await fetch('/ui/resources/vcenters/x', { cache: 'no-store' });
    return {
      html: html.headers.get('cache-control'), script: script.headers.get('cache-control'), type: script.headers.get('content-type'),
      none: none.status, deep: deep.headers.get('content-type'),
    };
  });
  equal(seen.html, 'no-cache');
  check(seen.script.includes('immutable'), seen.script);
  check(seen.type.startsWith('text/javascript'), seen.type);
  equal(seen.none, 404);
  check(seen.deep.startsWith('text/html'), seen.deep);
});

test('a wrong password says so, and a session ends when it is ended', async () => {
  const page = await open();
  await page.goto(ui());
  await page.getByLabel('User name').fill(world.user);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await login(page);
  const [cookie] = await page.context().cookies();
  equal(cookie.name, '__Host-vouchsafe');
  check(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict', JSON.stringify(cookie));
  equal(await page.evaluate(() => document.cookie), '');
  await page.reload();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  equal((await page.context().cookies()).length, 0);
});

test('attach walks the three steps, distinct certificates, to the payoff S3 S15', async () => {
  const page = await at('resources/vcenters');
  await heading(page, 'vCenter Server Instances');
  await page.getByText('No vCenter Server is registered yet').waitFor();
  await sound(page, 'vcenters-empty');
  const dialog = await address(page, 'vc1', vcenterUrl('vc1'));
  equal(await dialog.locator('[aria-current=step]').innerText(), '1 Certificate');
  await page.waitForFunction(() => document.activeElement.textContent === 'Cancel');
  await dialog.getByText('will be stored').waitFor();
  await dialog.getByText('This pins one certificate').waitFor();
  await sound(page, 'attach-certificate');
  const early = page.requests.filter((u) => u.endsWith('/virtualCenters')).length;
  equal(early, 0, 'registered before the certificate was trusted');
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  const [user, password] = world.accounts.vc1;
  await dialog.getByLabel('User name').fill(user);
  await dialog.getByLabel('Password', { exact: true }).fill('not the password');
  await sound(page, 'attach-account');
  await dialog.getByRole('button', { name: 'Attach' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Back' }).click();
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Attach' }).click();
  await dialog.getByText('VMCA not trusted').waitFor();
  equal(await dialog.locator('[aria-current=step]').innerText(), '3 VMCA');
  check((await dialog.innerText()).includes('CN=CA'), 'the VMCA is not shown');
  await sound(page, 'attach-vmca');
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await dialog.getByText('3 of 4 hosts verified now; 1 not, because').waitFor();
  await sound(page, 'attach-payoff');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await row(page, 'vc1').getByText('VMCA trusted').waitFor();
  await row(page, 'vc1').getByText('3 of 4 hosts verified').waitFor();
  await sound(page, 'vcenters');
});

test('a trusted certificate is not asked for again S3', async () => {
  const page = await at();
  const dialog = await address(page, 'again', vcenterUrl('vc1'));
  await dialog.getByText('Trusted already').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('what is left untrusted stands still and says so, and Edit and Save heal it S10', async () => {
  const page = await at();
  const dialog = await attach(page, 'vc2');
  await dialog.getByRole('button', { name: 'Leave untrusted' }).click();
  await row(page, 'vc2').getByText('VMCA not trusted').waitFor();
  await row(page, 'vc2').getByRole('link').click();
  await heading(page, /^vc2 /);
  await page.getByText('stand still').first().waitFor();
  await sound(page, 'vcenter-untrusted');
  await page.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog');
  await sound(page, 'vcenter-edit');
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.getByRole('button', { name: 'Trust', exact: true }).click();
  await edit.getByText('2 of 2 hosts verified now').waitFor();
  await edit.getByRole('button', { name: 'Done' }).click();
  await page.getByText('VMCA trusted').first().waitFor();
});

test('6.7 attaches without a prompt, says what stands still, and its VMCA is found S7 E5', async () => {
  const page = await at();
  const dialog = await attach(page, 'old');
  await dialog.getByText('VMCA needs to be found').waitFor();
  await sound(page, 'attach-67');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await row(page, 'old').getByText('needs to be found').waitFor();
  await row(page, 'old').getByRole('link').click();
  await page.getByRole('button', { name: 'Find the VMCA' }).click();
  const find = page.getByRole('dialog');
  await find.getByRole('button', { name: 'Find the VMCA' }).click();
  await find.getByText('Found in the bundle').waitFor();
  await sound(page, 'find-vmca');
  await find.getByRole('button', { name: 'Trust', exact: true }).click();
  await find.getByText('2 of 2 hosts verified now').waitFor();
});

test('an endpoint that changes between look and Trust is not trusted E11', async () => {
  const page = await at();
  const dialog = await address(page, 'turns', vcenterUrl('turns'));
  lab('replace', 'turns');
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await dialog.getByRole('alert').filter({ hasText: 'Try again' }).waitFor();
  const grants = await rest(page, 'GET', `${OWN}/grants?page=1&pageSize=128`);
  check(!grants.json.values.some((g) => g.scope.includes('turns')), 'something was saved');
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await dialog.getByLabel('User name').waitFor();
});

test('a browser that is opened again goes on where it stood', async () => {
  const page = await at();
  const [user, password] = world.accounts.turns;
  const dialog = await address(page, 'turns', vcenterUrl('turns'));
  await dialog.getByRole('button', { name: /^(Trust|Next)$/ }).click();
  await dialog.getByLabel('User name').fill(user);
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Attach' }).click();
  await page.waitForFunction(() => localStorage.getItem('vouchsafe.attach'));
  check(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes(password), 'the password is kept in the browser');
  await page.goto(ui('resources/vcenters'));
  const again = page.getByRole('dialog', { name: 'Attach vCenter Server' });
  await again.getByRole('button', { name: 'Trust', exact: true }).click();
  await again.getByText('1 of 1 host').first().waitFor();
  await again.getByRole('button', { name: 'Done' }).click();
});

test('trusted certificates: what they are for, edit, download, delete S5', async () => {
  const page = await at('administration/certificates');
  await heading(page, 'Trusted Certificates');
  await page.getByRole('row').nth(2).waitFor();
  await page.getByRole('button', { name: 'Details' }).first().click();
  await page.getByText('Counts for').waitFor();
  await sound(page, 'certificate-details');
});

test('import takes what people have, and shows it first', async () => {
  const page = await at('administration/certificates');
  const foreign = readFileSync(join(world.lab.dir, 'roots/foreign.pem'));
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await sound(page, 'import');
  await dialog.locator('input[type=file]').setInputFiles({ name: 'foreign.pem', mimeType: 'application/x-pem-file', buffer: foreign });
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await dialog.getByText('It verifies 1 host of vc1.').waitFor();
  await sound(page, 'import-preview');
  await dialog.getByLabel('Vouches for').selectOption({ label: 'the hosts of vc1' });
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto(ui('resources/vcenters'));
  await row(page, 'vc1').getByText('4 of 4 hosts verified').waitFor();
});

test('the download.zip of a 6.7 is imported with a preview of what it verifies S7', async () => {
  const page = await at();
  const dialog = await attach(page, 'old2');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.goto(ui('administration/certificates'));
  await page.getByRole('button', { name: 'Import' }).click();
  const form = page.getByRole('dialog', { name: 'Import' });
  await form.locator('input[type=file]').setInputFiles({ name: 'download.zip', mimeType: 'application/zip', buffer: await download('old2') });
  await form.getByLabel('vCenter Server that it is from').selectOption({ label: 'old2' });
  await form.getByRole('button', { name: 'Preview' }).click();
  await form.getByText('CN=CA').first().waitFor();
  await form.getByText('It signed the certificates of 1 of 1 host.').waitFor();
  await sound(page, 'import-zip');
  await form.getByRole('button', { name: 'Trust', exact: true }).click();
  await form.waitFor({ state: 'detached' });
  await page.goto(ui('resources/vcenters'));
  await row(page, 'old2').getByText('1 of 1 hosts verified').waitFor();
});

test('a certificate whose subject is a script is text', async () => {
  const page = await at('administration/certificates');
  const pem = execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-days', '30',
    '-subj', '/CN=<script>alert(1)<\\/script>/O=\u202eevil'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  equal((await rest(page, 'POST', `${OWN}/grants`, { alias: '<b onmouseover=alert(2)>x', certificate: pem, scope: 'host:script.example:443' })).status, 201);
  const line = page.getByRole('row').filter({ hasText: '<b onmouseover=alert(2)>x' });
  await line.getByText(/script.*alert\(1\)/).first().waitFor();
  await line.getByRole('button', { name: 'Details' }).click();
  await page.getByText('Counts for').waitFor();
  check(!(await page.locator('main').innerText()).includes('\u202e'), 'a character that turns text came through');
  equal(await page.locator('main script, main b[onmouseover]').count(), 0);
  await sound(page, 'certificate-hostile');
  const made = (await rest(page, 'GET', `${OWN}/grants?page=1&pageSize=128`)).json.values.find((g) => g.alias.startsWith('<b'));
  equal((await rest(page, 'DELETE', `/cloudapi/1.0.0/ssl/trustedCertificates/${made.id}`)).status, 204);
});

test('what is no certificate is refused in words', async () => {
  const page = await at('administration/certificates');
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByLabel('Certificate (PEM)').fill('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await dialog.getByRole('alert').waitFor();
});

test('test remote connection says what each stage did', async () => {
  const page = await at('administration/certificates');
  await page.getByRole('button', { name: 'Test Remote Connection' }).click();
  const dialog = page.getByRole('dialog', { name: 'Test Remote Connection' });
  await dialog.getByLabel('Host').fill('vc5.lab.test');
  await dialog.getByLabel('Port').fill(String(world.lab.port));
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await dialog.getByText('Certificate trusted').waitFor();
  await dialog.getByText('Certificate presented').waitFor();
  for (const stage of ['Connect', 'TLS handshake']) check(/\d ms/.test(await dialog.getByRole('listitem').filter({ hasText: stage }).innerText()), stage);
  await sound(page, 'test-connection');
  await dialog.getByLabel('Host').fill('nowhere.invalid');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await dialog.getByText('has no address').waitFor();
});

test('two administrators see each other\'s changes without asking', async () => {
  const one = await at('resources/vcenters');
  const other = await at('resources/vcenters');
  await row(other, 'vc1').waitFor();
  const vcs = await rest(one, 'GET', '/cloudapi/1.0.0/virtualCenters?page=1&pageSize=128');
  const vc2 = vcs.json.values.find((v) => v.name === 'vc2');
  equal((await rest(one, 'PUT', `/cloudapi/1.0.0/virtualCenters/${vc2.vcId}`, { ...vc2, description: 'renamed', name: 'vc2-renamed' })).status, 202);
  await row(other, 'vc2-renamed').waitFor();
  await other.getByRole('button', { name: /Recent tasks/ }).click();
  await other.getByRole('region', { name: 'Recent tasks, table' }).getByText('vc2-renamed').first().waitFor();
  await other.getByRole('row').filter({ hasText: 'Failed' }).first().getByRole('button', { name: 'Details' }).click();
  await other.getByRole('region', { name: 'Recent tasks, table' }).getByRole('alert').waitFor();
  await sound(other, 'tasks-panel');
});

test('every page is sound, in both themes', async () => {
  const page = await at();
  const pages = [
    ['resources/vcenters', 'vCenter Server Instances'], ['resources/nsx', 'NSX Managers'], ['resources/hosts', 'Hosts'],
    ['administration/certificates', 'Trusted Certificates'], ['administration/audit', 'Trust audit'], ['administration/general', 'General'],
    ['resources/vms', 'Virtual Machines'], ['content/catalogs', 'Catalogs'], ['content/templates', 'vApp Templates'], ['content/media', 'Media'],
    ['administration/advisories', 'Advisories'],
    ['monitor/tasks', 'Tasks'], ['monitor/audit', 'Audit trail'], ['monitor/sessions', 'Sessions'], ['monitor/inbox', 'Inbox'],
  ];
  for (const theme of ['Dark', 'Light']) {
    await page.getByRole('button', { name: theme }).click();
    for (const [path, title] of pages) {
      await page.goto(ui(path));
      await heading(page, title);
      await page.locator('main table, main form').first().waitFor();
      await sound(page, `${title.toLowerCase().replaceAll(' ', '-')}-${theme === 'Dark' ? 'dark' : 'light'}`, theme === 'Dark' ? null : ['color-contrast']);
    }
  }
});

test('the keyboard reaches everything', async () => {
  const page = await at('resources/vcenters');
  await row(page, 'vc1').waitFor();
  await page.keyboard.press('Tab');
  equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.getByRole('button', { name: 'Add', exact: true }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)),
      'the focus left the dialog');
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement.textContent === 'Add');
});

/** The button or link that opens the console of a machine in it that is powered on. */
async function machine(page, vcenter) {
  await place(page, vcenter);
  await page.goto(ui('resources/vms'));
  await heading(page, 'Virtual Machines');
  const link = page.getByRole('row').filter({ hasText: `vdc-${vcenter}` }).getByRole('link').first();
  await link.waitFor();
  await sound(page, 'virtual-machines');
  await link.click();
  await heading(page, /./);
  const on = page.getByRole('button', { name: 'Power on' });
  const openConsole = page.getByRole('link', { name: 'Open console' });
  await on.or(openConsole).first().waitFor();
  if (await on.count()) await on.click();
  await openConsole.waitFor();
  return openConsole;
}

test('hosts of all vCenters are one list, filtered and sorted by the cell', async () => {
  const page = await at('resources/hosts');
  const table = page.getByRole('region', { name: 'Hosts, table' });
  await table.getByRole('link', { name: 'vc1', exact: true }).first().waitFor();
  await page.getByText(/hosts verified now, of \d+ vCenter Servers?/).waitFor();
  await page.getByLabel('Filter').fill('vc1');
  await page.getByLabel('Presents').selectOption({ label: 'another CA' });
  await page.getByRole('status').filter({ hasText: '1 - 1 of 1 row(s)' }).waitFor();
  await page.getByLabel('Presents').selectOption({ label: 'all' });
  await page.getByRole('button', { name: 'vCenter Server', exact: true }).click();
  await page.getByRole('columnheader', { name: 'vCenter Server' }).and(page.locator('[aria-sort=ascending]')).waitFor();
  await page.getByLabel('vCenter Server', { exact: true }).selectOption({ label: 'vc1' });
  await page.getByText(/of 4 hosts verified now/).waitFor();
  check(page.url().includes('vcenter='), 'the choice has no address');
  await page.getByRole('button', { name: 'Details' }).first().click();
  await page.getByText('Looked at esx').waitFor();
  const asked = page.requests.filter((u) => /\/trust$/.test(u)).length;
  equal(asked, 0, 'the trust of each vCenter is asked for by itself');
  await sound(page, 'hosts');
});

/** A catalog of an organization; its page is shown. */
async function catalog(page, org, name) {
  await page.goto(ui('content/catalogs'));
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New catalog' });
  await dialog.getByLabel('Organization').selectOption({ label: org });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Description').fill('<i>made by a test</i>');
  await sound(page, 'catalog-new');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('link', { name, exact: true }).click();
  await heading(page, name);
}

test('a catalog is made, shown and deleted', async () => {
  const page = await at('content/catalogs');
  await rest(page, 'POST', '/cloudapi/1.0.0/orgs', { name: 'readers', displayName: 'Readers' });
  await catalog(page, 'readers', 'shelf');
  await page.getByText('<i>made by a test</i>').waitFor();
  await page.getByText('No vApp template is here yet.').waitFor();
  await page.getByText('No media are here yet.').waitFor();
  await sound(page, 'catalog-empty');
  const sure = page.getByRole('dialog', { name: 'Delete shelf' });
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.waitForFunction(() => document.activeElement.textContent === 'Cancel');
  await sound(page, 'catalog-delete');
  await page.keyboard.press('Enter');
  await sure.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delete' }).click();
  await sure.getByRole('button', { name: 'Delete' }).click();
  await heading(page, 'Catalogs');
  await page.getByText('There is no catalog yet.').waitFor();
});

const file = (name) => join(world.dir, 'files', name);

/** The dialog that puts something into the catalog whose page is shown. */
async function upload(page, what) {
  await page.getByRole('button', { name: `Upload ${what}` }).click();
  return page.getByRole('dialog', { name: /^Upload / });
}

/** What the link of a row that was prepared for download gives. */
async function fetched(page, name, link) {
  const row = page.getByRole('row').filter({ has: page.getByRole('cell', { name, exact: true }) });
  await row.getByText('Ready').waitFor();
  await row.getByRole('button', { name: 'Details' }).click();
  await page.getByRole('button', { name: 'Prepare download' }).click();
  const button = page.getByRole('link', { name: link, exact: true });
  await button.waitFor();
  await sound(page, `download-${name.replaceAll('.', '-')}`);
  const [got] = await Promise.all([page.waitForEvent('download'), button.click()]);
  await row.getByRole('button', { name: 'Details' }).click();
  return readFileSync(await got.path());
}

test('an OVA goes up and comes down S8 S16', async () => {
  const page = await at('content/catalogs', { acceptDownloads: true });
  await place(page, 'vc1');
  await catalog(page, 'org-vc1', 'images');
  const dialog = await upload(page, 'template');
  await dialog.locator('input[type=file]').setInputFiles(file('image.iso'));
  await dialog.getByText('There is no .ovf among the files.').waitFor();
  await dialog.locator('input[type=file]').setInputFiles(file('small.ova'));
  await dialog.getByText('small.ovf, disk.vmdk, small.mf').waitFor();
  equal(await dialog.getByLabel('Name').inputValue(), 'small');
  await sound(page, 'upload');
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();
  await dialog.getByText('small is in the catalog').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  const disk = readFileSync(file('disk.vmdk'));
  const ova = await fetched(page, 'small', 'Download OVA');
  check(ova.subarray(0, 100).toString().startsWith('descriptor.ovf'), 'the OVA does not begin with its descriptor');
  check(ova.length > disk.length, ova.length);
});

test('an image goes up with progress and comes down as it is S8 S16', async () => {
  const page = await at('content/catalogs', { acceptDownloads: true });
  await page.getByRole('link', { name: 'images', exact: true }).click();
  await heading(page, 'images');
  const media = await upload(page, 'media');
  const dropped = await page.evaluateHandle((size) => {
    const to = new DataTransfer();
    to.items.add(new File([new Uint8Array(size).map((_, i) => i * 7 + (i >> 9))], 'dropped.iso'));
    return to;
  }, 20 << 20);
  await media.locator('.vs-drop').dispatchEvent('drop', { dataTransfer: dropped });
  await media.getByText('dropped.iso: 21.0 MB').waitFor();
  await media.getByRole('button', { name: 'Upload', exact: true }).click();
  await media.getByText('dropped.iso is in the catalog').waitFor();
  await media.getByRole('button', { name: 'Close' }).last().click();
  const image = await fetched(page, 'dropped.iso', /^Download Image/);
  equal(image.length, 20 << 20);
  for (let i = 0; i < image.length; i += 4093) equal(image[i], (i * 7 + (i >> 9)) & 255, `byte ${i}`);
});

test('an upload goes on after a broken connection, and cancelling leaves nothing', async () => {
  const page = await at('content/catalogs');
  await page.getByRole('link', { name: 'images', exact: true }).click();
  await heading(page, 'images');
  const slow = await page.context().newCDPSession(page);
  await slow.send('Network.enable');
  const network = (bytesPerSecond, offline = false) => slow.send('Network.emulateNetworkConditions', {
    offline, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond,
  });
  const dialog = await upload(page, 'media');
  await dialog.locator('input[type=file]').setInputFiles(file('image.iso'));
  await network(4 << 20);
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();
  await dialog.getByText(/ of 21\.0 MB \(.*, .*B\/s, .* left/).waitFor();
  await sound(page, 'upload-going');
  await network(-1, true);
  await dialog.getByText('The connection broke; trying again').waitFor();
  await network(-1);
  await dialog.getByText('image.iso is in the catalog').waitFor();
  page.troubles.length = 0; // the browser says itself that it was offline
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await upload(page, 'media');
  await dialog.locator('input[type=file]').setInputFiles(file('image.iso'));
  await dialog.getByLabel('Name').fill('never');
  await network(1 << 20);
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();
  await dialog.getByText(/ of 21\.0 MB/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel the upload' }).click();
  await dialog.getByText('The upload was cancelled.').waitFor();
  await network(-1);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('cell', { name: 'never', exact: true }).waitFor({ state: 'detached' });
  await page.goto(ui('monitor/tasks'));
  await page.getByRole('row').filter({ hasText: 'never' }).getByText(/Canceled|Aborted/).first().waitFor();
});

test('an upload to a host that nothing vouches for fails with its reason S8', async () => {
  const page = await at('content/catalogs');
  const vmca = (await rest(page, 'GET', `${OWN}/grants?page=1&pageSize=128`)).json.values.find((g) => g.alias.startsWith('VMCA of vc1'));
  equal((await rest(page, 'DELETE', `/cloudapi/1.0.0/ssl/trustedCertificates/${vmca.id}`)).status, 204);
  await page.getByRole('link', { name: 'images', exact: true }).click();
  const dialog = await upload(page, 'template');
  await dialog.locator('input[type=file]').setInputFiles([file('small.ovf'), file('disk.vmdk'), file('small.mf')]);
  await dialog.getByLabel('Name').fill('refused');
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();
  await dialog.getByRole('alert').filter({ hasText: /unknown-issuer|not trusted/ }).waitFor();
  await sound(page, 'upload-refused');
  equal((await rest(page, 'POST', `${OWN}/grants`, { alias: vmca.alias, certificate: vmca.certificate.certificate, scope: vmca.scope })).status, 201);
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();
  await dialog.getByText('refused is in the catalog').waitFor();
});

test('a console opens in its own tab, types, says who vouches, and closes when trust goes S8 S16', async () => {
  const page = await at('resources/vms');
  const openConsole = await machine(page, 'vc1');
  await page.getByText('its console opens').waitFor();
  await sound(page, 'virtual-machine');
  const [tab] = await Promise.all([page.context().waitForEvent('page'), openConsole.click()]);
  tab.troubles = [];
  const canvas = tab.locator('.vs-screen canvas');
  await canvas.waitFor();
  await tab.getByText(/verified by VMCA of vc1/).waitFor();
  await sound(tab, 'console');
  const before = await canvas.screenshot();
  await canvas.click();
  await tab.keyboard.type('vouch');
  const end = Date.now() + PATIENCE_MS;
  while (before.equals(await canvas.screenshot())) check(Date.now() < end, 'what was typed does not come back on the picture');
  await page.goto(ui('monitor/sessions'));
  await page.getByRole('region', { name: 'Consoles, table' }).getByRole('button', { name: /^End the console/ }).waitFor();
  await page.goto(ui('administration/certificates'));
  const vmca = page.getByRole('row').filter({ hasText: 'VMCA of vc1' });
  const pem = (await rest(page, 'GET', `${OWN}/grants?page=1&pageSize=128`)).json.values.find((g) => g.alias.startsWith('VMCA of vc1'));
  await vmca.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: /^Delete VMCA of vc1/ });
  await dialog.getByText(/endpoints would no longer be verified/).waitFor();
  await dialog.getByText(/live session/).first().waitFor();
  await sound(page, 'certificate-delete');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await tab.getByText('The trust in its host was withdrawn').waitFor();
  await sound(tab, 'console-withdrawn');
  equal((await rest(page, 'POST', `${OWN}/grants`, { alias: 'again', certificate: pem.certificate.certificate, scope: pem.scope })).status, 201);
  await canvas.waitFor();
});

test('a VMCA that is regenerated comes to the inbox, is approved there, and heals S15 E4', async () => {
  const page = await at('monitor/inbox');
  lab('rotate', 'vc2');
  lab('renew', 'vc2');
  const vcs = await rest(page, 'GET', '/cloudapi/1.0.0/virtualCenters?page=1&pageSize=128');
  const vc2 = vcs.json.values.find((v) => v.name.startsWith('vc2'));
  equal((await rest(page, 'POST', `/api/admin/extension/vimServer/${vc2.vcId.split(':').pop()}/action/refresh`)).status, 202);
  await page.getByRole('button', { name: /^Review VMCA of vc2/ }).click();
  const dialog = page.getByRole('dialog', { name: /VMCA of vc2.* changed/ });
  await dialog.getByRole('heading', { name: 'Before' }).waitFor();
  await sound(page, 'inbox-item');
  const early = dialog.getByLabel('Approve before the hold is over');
  if (await early.count()) await early.check();
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto(ui(`resources/vcenters/${vc2.vcId}`));
  await page.getByText('2 of 2 hosts verified now').first().waitFor();
});

test('the audit says what is unneeded, and takes only that away S12', async () => {
  const page = await at('administration/audit');
  const somebody = readFileSync(join(world.lab.dir, 'roots/somebody.pem'), 'utf8');
  equal((await rest(page, 'POST', `${OWN}/grants`, { alias: 'nobody needs it', certificate: somebody, scope: 'any' })).status, 201);
  await page.getByRole('button', { name: 'Run the audit' }).click();
  const unneeded = page.getByRole('row').filter({ hasText: 'nobody needs it' });
  await unneeded.getByText('unneeded', { exact: true }).waitFor();
  await sound(page, 'trust-audit');
  await page.goto(ui('administration/certificates'));
  await page.getByRole('row').filter({ hasText: 'VMCA of turns' }).getByText('1 endpoint').waitFor();
  await sound(page, 'certificates');
  await page.getByLabel('Audit').selectOption({ label: 'unneeded' });
  await page.getByRole('row').filter({ hasText: 'VMCA of turns' }).waitFor({ state: 'detached' });
  await unneeded.getByText('0 endpoints').waitFor();
  await unneeded.getByText('never').waitFor();
  await page.getByLabel('Audit').selectOption({ label: 'all' });
  await page.getByLabel('Validity').selectOption({ label: 'expired' });
  await page.getByText('Nothing fits this filter.').waitFor();
  await page.goto(ui('administration/audit'));
  await page.getByRole('button', { name: 'Remove unneeded', disabled: false }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('every endpoint is verified as before').waitFor();
  const left = await rest(page, 'GET', `${OWN}/grants?page=1&pageSize=128`);
  check(!left.json.values.some((g) => g.alias === 'nobody needs it'), 'it is still there');
  check(left.json.values.length > 0, 'all went');
});

test('advisories are made, shown, dismissed', async () => {
  const page = await at('administration/advisories');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New advisory' });
  await dialog.getByLabel('Message').fill('<img src=x onerror=alert(1)> maintenance tonight');
  await sound(page, 'advisory-new');
  await dialog.getByRole('button', { name: 'Create' }).click();
  const banner = page.getByRole('region', { name: 'Advisory', exact: true });
  const text = banner.getByText('<img src=x onerror=alert(1)> maintenance tonight');
  const next = banner.getByRole('button', { name: 'Next advisory', disabled: false });
  for (await text.or(next).first().waitFor(); !(await text.count()); await text.or(next).first().waitFor()) await next.click();
  await sound(page, 'advisory');
});

test('a change from elsewhere is refused', async () => {
  const page = await at();
  const status = await page.evaluate(async () => (await fetch('/cloudapi/1.0.0/orgs', {
    method: 'POST', headers: { Accept: 'application/json;version=37.0', 'Content-Type': 'application/json' }, body: '{"name":"x","displayName":"x"}',
  })).status);
  equal(status, 403);
});
