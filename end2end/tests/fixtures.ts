// What every test starts from: a Segue of its own per worker, on a free port with a
// database of its own, and a page that fails the test on any console error, page error,
// failed request or violation of the content security policy.
//
// `test` has an empty Segue behind it, `demoTest` one with a store, six mappings and
// somebody signed in. Tests that change what others read ask for `ownServer`, `ownDemo`.

import { test as base, expect, type Browser, type Cookie, type Page } from '@playwright/test';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  /** Applies configuration as code; with `--prune` it is all there is. */
  async apply(toml: string, ...flags: string[]): Promise<void> {
    const file = `${this.environment.SEGUE_DATABASE_URL!.slice('sqlite:'.length)}.toml`;
    writeFileSync(file, toml);
    await this.command('apply', file, ...flags);
  }
}

/** A running `segue demo`: a store that lives, and somebody signed in as an admin. */
export class Demo {
  constructor(
    readonly server: Server,
    /** Where the sandbox is told what goes wrong. */
    readonly sandbox: string,
    readonly cookies: Cookie[],
  ) {}

  get url(): string {
    return this.server.url;
  }

  /** Makes the vendors' stand-in fail or dawdle; the words are those of its own faults. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.sandbox}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    expect(answer.status).toBe(201);
  }

  /** A segment of these people, who need not be of the store. */
  async segment(id: number, name: string, people: { cio_id: string; id?: string; email?: string }[]) {
    const send = async (method: string, path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${this.sandbox}/sandbox/${path}`, { method, headers, body: JSON.stringify(body) });
      expect(answer.ok, path).toBe(true);
    };
    await send('PUT', 'people', people);
    await send('POST', 'segments', { id, name });
    await send('PUT', `segments/${id}/members`, people.map((person) => person.cio_id));
  }

  /** Ends all faults. */
  async heal(): Promise<void> {
    await fetch(`${this.sandbox}/sandbox/faults`, { method: 'DELETE' });
  }

  /** People of the store, in order. */
  async people(limit: number): Promise<{ cio_id: string; id?: string; email?: string }[]> {
    const answer = await fetch(`${this.sandbox}/sandbox/people?limit=${limit}`);
    return (await answer.json()).people;
  }
}

async function withDemo(browser: Browser, use: (demo: Demo) => Promise<void>) {
  await withServer(async (server, said) => {
    const sandbox = /lives in the sandbox at (\S+)/.exec(said)![1];
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(server.signInLink);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${server.url}/`);
    const cookies = await context.cookies();
    await context.close();
    await use(new Demo(server, sandbox, cookies));
  }, true);
}

async function withServer(use: (server: Server, said: string) => Promise<void>, demo = false) {
  const folder = mkdtempSync(path.join(tmpdir(), 'segue-end2end-'));
  // Port 0: the system picks a free one, and the first lines tell which.
  const environment = {
    ...process.env,
    SEGUE_ADDR: '127.0.0.1:0',
    SEGUE_DATABASE_URL: `sqlite:${folder}/segue.db`,
    SEGUE_LOG: 'info',
    NO_COLOR: '1',
  };
  const words = demo ? ['demo', '--people', '3000', '--file', `${folder}/segue.db`] : ['serve'];
  const child = spawn(binary, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  try {
    const server = await new Promise<Server>((resolve, reject) => {
      let log = '';
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
    await use(server, said);
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
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const from = message.text().startsWith('Failed to load resource') ? ` from ${message.location().url}` : '';
    problems.push(`console: ${message.text()}${from}`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} from ${response.url()}`);
  });
}

type Fixtures = { problems: string[]; watched: void; ownServer: Server };
type Shared = { server: Server };

export const test = base.extend<Fixtures, Shared>({
  server: [async ({}, use) => withServer((server) => use(server)), { scope: 'worker' }],
  // For tests that change who may sign in.
  ownServer: async ({}, use) => withServer((server) => use(server)),
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

type DemoFixtures = { ownDemo: Demo; storageState: { cookies: Cookie[]; origins: [] } };

/** Tests of the pages, by somebody who is signed in at the worker's demo. */
export const demoTest = test.extend<DemoFixtures, { demo: Demo }>({
  demo: [async ({ browser }, use) => withDemo(browser, use), { scope: 'worker' }],
  baseURL: async ({ demo }, use) => use(demo.url),
  storageState: async ({ demo }, use) => use({ cookies: demo.cookies, origins: [] }),
  ownDemo: async ({ browser }, use) => withDemo(browser, use),
});

/** The same at a demo of the test's own: what it changes or breaks disturbs nobody. */
export const ownDemoTest = demoTest.extend({
  baseURL: async ({ ownDemo }, use) => use(ownDemo.url),
  storageState: async ({ ownDemo }, use) => use({ cookies: ownDemo.cookies, origins: [] }),
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

/** Waits until each of the demo's mappings has run once. */
export async function settled(page: Page, demo: Demo) {
  await expect
    .poll(
      async () => {
        const list = await page.request.get(`${demo.url}/mappings`);
        return /Never run|never<\/span>/.test(await list.text());
      },
      // A machine that does other things besides takes longer than a click may.
      { timeout: 30_000 },
    )
    .toBe(false);
}

/** A page of somebody else, who may approve. */
export async function approver(browser: Browser, demo: Demo, javaScriptEnabled: boolean): Promise<Page> {
  const printed = await demo.server.command(
    'user', 'add', 'ben@example.com', '--role', 'approver', '--public-url', demo.url,
  );
  // Without the cookies of whoever proposes: signing in would end their session.
  const storageState = { cookies: [], origins: [] };
  const context = await browser.newContext({ javaScriptEnabled, baseURL: demo.url, storageState });
  const page = await context.newPage();
  await page.goto(printed.trim());
  await page.getByLabel('New password').fill('a long enough password');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.waitForURL(`${demo.url}/`);
  return page;
}

/**
 * Drops what Chromium says of a refusal that the test provoked: an answer of this status from
 * this path. A fault of the server's own (5xx) is never one.
 */
export function forgive(problems: string[], path: string, status = 422) {
  expect(status).toBeLessThan(500);
  const said = `console: Failed to load resource: the server responded with a status of ${status} `;
  for (const problem of problems.splice(0)) {
    if (!(problem.startsWith(said) && problem.endsWith(path))) problems.push(problem);
  }
}

/** Waits until the wasm module has taken over the page. */
export async function awake(page: Page) {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

export { expect };
