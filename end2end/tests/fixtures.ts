// What every test starts from: a Segue of its own per worker, on a free port with a
// database of its own, and a page that fails the test on any console error, page error,
// failed request or violation of the content security policy.

import { test as base, expect, type Cookie, type Page } from '@playwright/test';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const binary = process.env.SEGUE_TEST_BINARY ?? path.resolve(__dirname, '../../target/debug/segue');

/** A running `segue serve`. */
export class Server {
  log = '';
  /** Of whoever came in by the link. */
  cookies?: Cookie[];
  constructor(
    readonly url: string,
    /** Works once; the server offers a new one at each start until somebody has a password. */
    readonly signInLink: string,
    /** Where its data lies, for commands beside it. */
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Runs `segue` on this server's database and answers what it prints. */
  async command(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(binary, words, { env: this.environment });
    return stdout;
  }
}

async function withServer(use: (server: Server) => Promise<void>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'segue-end2end-'));
  // Port 0: the system picks a free one, and the first lines tell which.
  const environment = {
    ...process.env,
    SEGUE_ADDR: '127.0.0.1:0',
    SEGUE_DATABASE_URL: `sqlite:${folder}/segue.db`,
    SEGUE_LOG: 'info',
    NO_COLOR: '1',
  };
  const child = spawn(binary, ['serve'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const server = await new Promise<Server>((resolve, reject) => {
      let log = '';
      let said = '';
      let started: Server | undefined;
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`segue ended with ${code}:\n${log}`)));
      child.stderr.on('data', (chunk) => {
        log += chunk;
        if (started) started.log = log;
      });
      child.stdout.on('data', (chunk) => {
        said += chunk;
        const link = /sign-in link: ((http:\/\/[^/]+)\S+)\n/.exec(said);
        if (link && !started) resolve((started = new Server(link[2], link[1], environment)));
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
    // The status of the page itself is for its test to judge; and a slow machine, or a page
    // without JavaScript, uses the preloaded module late or never.
    if (message.text().startsWith('Failed to load resource') && message.location().url === page.url()) return;
    if (message.text().includes('was preloaded using link preload but not used')) return;
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} from ${response.url()}`);
  });
}

type Fixtures = { problems: string[]; watched: void; ownServer: Server };
type Shared = { server: Server };

export const test = base.extend<Fixtures, Shared>({
  server: [async ({}, use) => withServer(use), { scope: 'worker' }],
  // For tests that change who may sign in.
  ownServer: async ({}, use) => withServer(use),
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

/** Makes the page one of somebody who is signed in, as an admin. */
export async function signedIn(page: Page, server: Server) {
  if (!server.cookies) {
    await page.goto(server.signInLink);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${server.url}/`);
    server.cookies = await page.context().cookies();
  }
  await page.context().addCookies(server.cookies);
}

/** Waits until the wasm module has taken over the page. */
export async function awake(page: Page) {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

export { expect };
