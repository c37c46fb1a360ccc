// What every test starts from: a Segue of its own per worker, on a free port with a
// database of its own, and a page that fails the test on any console error, page error,
// failed request or violation of the content security policy.

import { test as base, expect, type Page } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const binary = process.env.SEGUE_TEST_BINARY ?? path.resolve(__dirname, '../../target/debug/segue');

/** A running `segue serve`. */
export class Server {
  log = '';
  constructor(readonly url: string) {}
}

async function withServer(use: (server: Server) => Promise<void>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'segue-end2end-'));
  // Port 0: the system picks a free one, and the log tells which.
  const child = spawn(binary, ['serve'], {
    env: {
      ...process.env,
      SEGUE_ADDR: '127.0.0.1:0',
      SEGUE_DATABASE_URL: `sqlite:${folder}/segue.db`,
      SEGUE_LOG: 'info',
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const server = await new Promise<Server>((resolve, reject) => {
      let log = '';
      let started: Server | undefined;
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`segue ended with ${code}:\n${log}`)));
      child.stderr.on('data', (chunk) => {
        log += chunk;
        const address = /listening on (http:\S+)/.exec(log);
        if (address && !started) resolve((started = new Server(address[1])));
        if (started) started.log = log;
      });
    });
    await use(server);
    expect(server.log, 'the server panicked').not.toMatch(/panicked/);
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Collects what a healthy page never does; `problems` is asserted empty after each test. */
function watch(page: Page, problems: string[]) {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} from ${response.url()}`);
  });
}

type Fixtures = { problems: string[]; watched: void };
type Shared = { server: Server };

export const test = base.extend<Fixtures, Shared>({
  server: [async ({}, use) => withServer(use), { scope: 'worker' }],
  baseURL: async ({ server }, use) => use(server.url),
  // A test that provokes a problem on purpose empties this list itself.
  problems: async ({}, use) => use([]),
  watched: [
    async ({ context, problems }, use) => {
      context.on('page', (page) => watch(page, problems));
      await context.addInitScript(() => {
        addEventListener('securitypolicyviolation', (event) =>
          console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI}`),
        );
      });
      await use();
      expect(problems, 'the browser complained').toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the wasm module has taken over the page. */
export async function awake(page: Page) {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

export { expect };
