// noVNC, unmodified, in Chromium, with nothing between it and the console of a host: commands as JSON lines on standard input, a line back
// for each. The first argument says where Chromium and node_modules are.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';

const world = JSON.parse(process.argv[2]);
const require = createRequire(join(world.modules, 'package.json'));
const { chromium } = require('playwright-core');
const novnc = join(dirname(require.resolve('@novnc/novnc')), '..');

const PAGE = `<!doctype html><div id="screen" style="width:640px;height:480px"></div><script type="module">
import RFB from '/core/rfb.js';
globalThis.RFB = RFB;
</script>`;

const server = createServer(async (request, response) => {
  try {
    const file = request.url === '/' ? null : join(novnc, normalize(request.url));
    response.setHeader('Content-Type', file ? 'text/javascript' : 'text/html');
    response.end(file ? await readFile(file) : PAGE);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });

const browser = await chromium.launch({ executablePath: world.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction('globalThis.RFB');

const commands = {
  /** Opens a console; what came of it. resize: the desktop is to be as large as the page's place for it. */
  open: ({ url, resize }) => page.evaluate(([to, fits]) => new Promise((done) => {
    globalThis.rfb?.disconnect();
    const place = document.getElementById('screen');
    place.replaceChildren();
    const rfb = new globalThis.RFB(place, to, { wsProtocols: ['binary'] });
    globalThis.rfb = rfb;
    rfb.resizeSession = Boolean(fits);
    rfb.ended = new Promise((over) => { rfb.addEventListener('disconnect', (e) => over(e.detail.clean ? 'ended' : 'failed')); });
    rfb.ended.then(done);
    rfb.addEventListener('connect', () => done('open'));
  }), [url, resize]),
  ended: () => page.evaluate(() => globalThis.rfb.ended),
  /** What is drawn at the next frame. */
  picture: () => page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => {
      const canvas = document.querySelector('#screen canvas');
      const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let text = '';
      for (let i = 0; i < dots.length; i += 8192) text += String.fromCharCode(...dots.subarray(i, i + 8192));
      done({ width: canvas.width, height: canvas.height, dots: btoa(text) });
    });
  })),
  async type({ text }) {
    await page.evaluate(() => globalThis.rfb.focus());
    await page.keyboard.type(text);
    return true;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  console.log(JSON.stringify(await commands[command.do](command)));
}
await browser.close();
server.close();
