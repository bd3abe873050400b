// Builds the console into a folder: hashed names, one entry, what is loaded later (noVNC) apart; beside each file its brotli and
// gzip forms. Clarity's style sheet is a megabyte; what no source file names is cut out of it here. A class must therefore
// stand in a source file as one word, never be put together.
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PurgeCSS } from 'purgecss';

const out = process.argv[2];
const PACKED = /\.(woff2|png|br|gz)$/;

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

function purge() {
  const content = ['index.html', ...files('src').filter((path) => /\.tsx?$/.test(path))].map((path) => ({ raw: readFileSync(path, 'utf8'), extension: 'html' }));
  return {
    name: 'purge',
    setup(b) {
      b.onLoad({ filter: /clr-ui\.min\.css$/ }, async ({ path }) => {
        const [purged] = await new PurgeCSS().purge({
          content,
          css: [{ raw: readFileSync(path, 'utf8') }],
          defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
          safelist: { standard: [/^cds-theme/, 'html', 'body', ':root', 'dialog'], greedy: [/cds-theme/] },
          variables: true,
          fontFace: true,
          keyframes: true,
        });
        return { contents: purged.css, loader: 'css' };
      });
    },
  };
}

const result = await build({
  entryPoints: ['src/main.tsx'],
  outdir: join(out, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: '/ui/assets',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.woff2': 'file' },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [purge()],
});

const [entry] = Object.entries(result.metafile.outputs).filter(([, o]) => o.entryPoint === 'src/main.tsx' && o.cssBundle);
const script = `/ui/assets/${basename(entry[0])}`;
const style = `/ui/assets/${basename(entry[1].cssBundle)}`;
mkdirSync(out, { recursive: true });
cpSync('public', out, { recursive: true });
writeFileSync(join(out, 'index.html'), readFileSync('index.html', 'utf8')
  .replace('</head>', `<link rel="stylesheet" href="${style}">\n</head>`)
  .replace('/src/main.tsx', script));

for (const path of files(out).filter((name) => !PACKED.test(name))) {
  const text = readFileSync(path);
  const forms = {
    br: brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
    gz: gzipSync(text, { level: 9 }),
  };
  for (const [ending, bytes] of Object.entries(forms)) if (bytes.length < text.length) writeFileSync(`${path}.${ending}`, bytes);
}
