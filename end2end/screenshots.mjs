// Pictures of the main pages, from a demo that this starts: `node screenshots.mjs`.
//
// Without arguments it makes those that the README shows, light and wide, into screenshots/.
// `--all DIRECTORY` makes each page in both themes, wide and narrow, to be looked at.
// SEGUE_TEST_BINARY names the binary, SEGUE_TEST_CHROMIUM the browser.

import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGES = {
  overview: '/',
  audiences: '/audiences',
  audience: '/audiences/cart-abandoners',
  coverage: '/audiences?view=coverage',
  events: '/settings/connections/events',
  live: '/live',
  monitoring: '/monitoring?range=1h',
  source: '/settings/connections/source',
  mappings: '/mappings',
  matrix: '/mappings?view=matrix',
  mapping: '/mappings/cart-to-meta',
  exclusivity: '/exclusivity',
  timeline: '/timeline',
  destination: '/destinations/meta',
  suppression: '/suppression',
  rule: '/suppression/rules/purchase?what=retire',
  contract: '/contract',
  names: '/contract/names',
  noise: '/contract/noise',
  plans: '/contract/plans?plan=tp_sandbox',
  notices: '/settings/notices',
  review: '/review',
  checklist: '/mappings/cart-to-meta/checklist',
  'first-steps': '/first-steps',
  approvals: '/approvals',
  person: null, // somebody about whom something was sent
  workspace: '/settings/workspace',
  audit: '/settings/audit',
};

const all = process.argv.indexOf('--all');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : null;
const into = all < 0 ? new URL('screenshots/', import.meta.url).pathname : process.argv[all + 1];
const looks = all < 0 ? [['light', 1280]] : [['light', 1280], ['dark', 1280], ['light', 390], ['dark', 390]];
const binary = process.env.SEGUE_TEST_BINARY ?? new URL('../target/debug/segue', import.meta.url).pathname;

const work = mkdtempSync(join(tmpdir(), 'segue-screenshots-'));
const demo = spawn(binary, ['demo', '--people', '20000', '--file', join(work, 'segue.db')], {
  env: { ...process.env, SEGUE_ADDR: '127.0.0.1:0', NO_COLOR: '1' },
});
let said = '';
const [, link, url] = await new Promise((resolve, reject) => {
  demo.on('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said}`)));
  demo.stdout.on('data', (chunk) => {
    said += chunk;
    const found = /sign-in link: ((http:\/\/[^/]+)\S+)\n/.exec(said);
    if (found) resolve(found);
  });
});
const browser = await chromium.launch({ executablePath: process.env.SEGUE_TEST_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  mkdirSync(into, { recursive: true });
  const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${url}/`);
  // Every mapping has run once.
  await page.waitForFunction(
    async () => {
      const list = await (await fetch('/mappings.csv')).text();
      return list.trim().split('\n').slice(1).every((line) => !/"(new|running)"/.test(line));
    },
    null,
    { timeout: 120_000, polling: 1_000 },
  );
  PAGES.person ??= await someone(page, url);
  for (const [colorScheme, width] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    for (const [name, address] of Object.entries(PAGES)) {
      if (only && !only.includes(name)) continue;
      await page.goto(url + address);
      await page.locator('html[data-hydrated]').waitFor();
      await page.waitForTimeout(300);
      const file = all < 0 ? `${name}.png` : `${name}-${colorScheme}-${width}.png`;
      await page.screenshot({ path: join(into, file), fullPage: all >= 0 });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wider) console.error(`${name} scrolls sideways at ${width}`);
    }
  }
} finally {
  await browser.close();
  demo.removeAllListeners('exit');
  demo.kill('SIGTERM');
  rmSync(work, { recursive: true, force: true });
}

/** The page of somebody about whom something was sent. */
async function someone(page, url) {
  const sandbox = /lives in the sandbox at (\S+)/.exec(said)[1];
  for (const { cio_id } of (await (await fetch(`${sandbox}/sandbox/people?limit=500`)).json()).people) {
    const address = `/people/${encodeURIComponent(cio_id)}`;
    await page.goto(url + address);
    const sent = page.getByRole('region', { name: 'What was sent' }).locator('tbody tr');
    if ((await sent.count()) > 1) return address;
  }
  throw new Error('nothing was sent about anybody');
}
