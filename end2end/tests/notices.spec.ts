// Notices: an admin says where they go, tries it, and sees what was told.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { awake, expect, forgive, ownDemoTest as test } from './fixtures';

/** Somebody who takes JSON, or doesn't. */
class Receiver {
  texts: string[] = [];
  status = 200;
  private server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        this.texts.push(JSON.parse(body).text);
        response.writeHead(this.status, { 'content-type': 'text/plain' }).end(this.status === 200 ? 'ok' : 'no such channel');
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  stop(): void {
    this.server.close();
  }
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a webhook is entered, tried, told and taken away', async ({ page, ownDemo, problems }) => {
      test.slow();
      const receiver = new Receiver();
      const address = await receiver.start();
      const ready = async () => {
        if (javaScriptEnabled) await awake(page);
      };
      await page.goto('/approvals');
      await ready();
      await page.getByRole('main').getByRole('link', { name: 'notices' }).click();
      await expect(page.locator('.answer')).toContainText('Nobody is told');
      await ready();
      await page.getByLabel('Webhook').fill('hooks.slack.com/services/x');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(page.locator('#webhook-wrong')).toContainText('it begins with https://');
      forgive(problems, '/fn/enter_webhook');
      await page.getByLabel('Webhook').fill(address);
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(page.locator('.answer')).toContainText('is told to a webhook, once');
      await expect(page.getByLabel('Webhook')).toHaveValue('');

      receiver.status = 404;
      await ready();
      await page.getByRole('button', { name: 'Send a test' }).click();
      await expect(page.getByRole('alert')).toContainText('it answered 404 Not Found');
      forgive(problems, '/fn/test_webhook', 409);
      receiver.status = 200;
      await page.getByRole('button', { name: 'Send a test' }).click();
      await expect.poll(() => receiver.texts.length).toBe(2);
      expect(receiver.texts[1]).toContain('a test by');
      await expect(page.getByRole('alert')).toHaveCount(0);

      // What begins to wait is told within seconds, with a link that leads there.
      await page.goto('/contract');
      await ready();
      await page.getByRole('button', { name: 'Begin with twelve events' }).click();
      await expect(page.locator('.answer')).toContainText('12 differences');
      await ready();
      await page.getByRole('button', { name: 'Ask for approval' }).click();
      await expect(page.getByRole('main')).toContainText('Somebody else approves it');
      await expect.poll(() => receiver.texts.length, { timeout: 20_000 }).toBe(3);
      expect(receiver.texts[2]).toContain(`${ownDemo.url}${new URL(page.url()).pathname}`);
      await page.goto('/settings/notices');
      await ready();
      await expect(page.getByRole('row').filter({ hasText: 'proposes a change' })).toContainText(/ago|now/);
      await page.getByRole('button', { name: 'Tell nobody any more' }).click();
      await expect(page.locator('.answer')).toContainText('Nobody is told');
      receiver.stop();
    });
  });
}
