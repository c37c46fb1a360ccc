// Events come in as a shop sends them, by Segment's own library and by signed webhooks, and the
// page says how that fares.

import { Analytics } from '@segment/analytics-node';
import { createHmac } from 'node:crypto';

import { awake, expect, forgive, ownDemoTest as test, settled, type Demo } from './fixtures';

// The demo's own shop and its Customer.io call too, with keys of their own.
const FILE = `
[[source]]
key = "web"
write_key = "web-write-key"
`;

/** A reporting webhook as Customer.io sends it. */
async function report(url: string, key: string): Promise<number> {
  const body = JSON.stringify({
    event_id: '01E4C4CT6YDC7Y5M7FE1GWWPQJ',
    object_type: 'customer',
    metric: 'unsubscribed',
    timestamp: 1_613_063_089,
    data: { identifiers: { id: 'u-1' } },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = { 'x-cio-timestamp': timestamp, 'x-cio-signature': signature };
  return (await fetch(`${url}/hooks/customerio/reporting`, { method: 'POST', headers, body })).status;
}

/** Whether a retarget mapping has somebody at Meta, as the person's page tells it. */
async function isAtMeta(demo: Demo, person: { cio_id: string }): Promise<boolean> {
  const told = JSON.parse(await demo.server.command('explain', person.cio_id, '--json'));
  return told.mappings.some(
    (one: { destination: string; use_case: string; delivered: boolean }) =>
      one.destination === 'meta' && one.use_case === 'retarget' && one.delivered,
  );
}

/** Somebody who is at Meta now. */
async function somebodyAtMeta(demo: Demo) {
  for (const person of await demo.people(400)) if (await isAtMeta(demo, person)) return person;
  throw new Error('nobody is at Meta');
}

test('a purchase by the official library makes its person leave', async ({ page, ownDemo }) => {
  test.slow();
  await settled(page, ownDemo);
  const path = '/settings/connections/events';
  await ownDemo.server.apply(FILE);
  const buyer = await somebodyAtMeta(ownDemo);

  // Only the host is another one.
  const analytics = new Analytics({ writeKey: 'web-write-key', host: ownDemo.url, maxRetries: 0 });
  const failures: unknown[] = [];
  analytics.on('error', (error) => failures.push(error));
  const anonymous = { anonymousId: buyer.cio_id };
  analytics.track({ ...anonymous, event: 'Order Completed', properties: { revenue: 25, currency: 'USD' } });
  analytics.identify({ ...anonymous, traits: { plan: 'gold' } });
  analytics.page({ ...anonymous, name: 'Thanks' });
  await analytics.closeAndFlush();
  expect(failures).toEqual([]);
  await expect.poll(() => isAtMeta(ownDemo, buyer), { timeout: 20_000 }).toBe(false);

  expect(await report(ownDemo.url, 'sandbox-reporting-key')).toBe(200);
  expect(await report(ownDemo.url, 'another-key')).toBe(401);
  await expect(async () => {
    await page.goto(path);
    const entrances = page.getByRole('region', { name: 'Entrances' });
    await expect(entrances.getByRole('row', { name: /Segment's libraries/ })).toContainText('Takes calls');
    await expect(entrances.getByRole('row', { name: /reporting/ })).toContainText('signature');
    await expect(page.getByRole('region', { name: /From the event/ }).getByRole('row', { name: /meta/ })).toBeVisible();
    const objectives = page.getByRole('region', { name: /Objectives/ });
    await expect(objectives.getByRole('row', { name: /Retarget/ })).toContainText(/99 of 100 within 1\smin/);
  }).toPass({ timeout: 15_000 });

  await page.goto(`/people/${buyer.cio_id}`);
  await expect(page.getByText('order-completed').first()).toBeVisible();
});

test('an unknown write key is refused, as the library tells its owner', async ({ ownDemo }) => {
  await ownDemo.server.apply(FILE);
  const analytics = new Analytics({ writeKey: 'nobody', host: ownDemo.url, maxRetries: 0 });
  const failures: unknown[] = [];
  analytics.on('error', (error) => failures.push(error));
  analytics.track({ userId: 'u-1', event: 'Order Completed' });
  await analytics.closeAndFlush();
  expect(failures).toHaveLength(1);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a canary purchaser is chosen, buys, and is seen to have left', async ({ page, ownDemo, problems }) => {
      test.slow();
      await settled(page, ownDemo);
      const path = '/settings/connections/events';
      await page.goto(path);
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByText('Nobody is the canary.')).toBeVisible();
      const who = page.getByLabel('Customer.io id, id or e-mail address');
      await who.fill('nobody-at-all');
      await page.getByRole('button', { name: 'Make it the canary' }).click();
      await expect(page.getByText('Nobody was chosen')).toBeVisible();
      forgive(problems, '/fn/choose_canary', 404);

      const person = await somebodyAtMeta(ownDemo);
      await who.fill(person.cio_id);
      await page.getByRole('button', { name: 'Make it the canary' }).click();
      await expect(page.getByRole('button', { name: 'Dismiss the canary' })).toBeVisible();
      await expect(async () => {
        await page.goto(path);
        const rounds = page.getByRole('region', { name: 'Newest rounds of the canary' });
        await expect(rounds.getByRole('row').nth(1)).toContainText('Left in time', { timeout: 1_000 });
      }).toPass({ timeout: 30_000 });
      expect(await isAtMeta(ownDemo, person)).toBe(false);

      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Dismiss the canary' }).click();
      await expect(page.getByText('Nobody is the canary.')).toBeVisible();
      await page.goto('/settings/audit');
      await expect(page.getByRole('main')).toContainText('dismissed the canary');
    });
  });
}

async function send(url: string, writeKey: string): Promise<number> {
  const sent = await fetch(`${url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey, event: 'Order Completed', userId: 'u-1', messageId: 'from-app' }),
  });
  return sent.status;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'entering keys, with JavaScript' : 'entering keys, without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a source gets a write key of its own, and a report its signing key', async ({ page, ownDemo, problems }) => {
      test.slow();
      await settled(page, ownDemo);
      const path = '/settings/connections/events';
      await page.goto(path);
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByRole('main')).toContainText('shop may send here.');
      const key = await page.getByLabel('Its write key').inputValue();
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      await page.getByLabel('Name of the source').fill('My App');
      await page.getByRole('button', { name: 'Add the source' }).click();
      await expect(page.locator('#source-wrong')).toBeVisible();
      forgive(problems, '/fn/add_source');
      await page.getByLabel('Name of the source').fill('app');
      // Whoever has copied it still has the right one.
      if (javaScriptEnabled) await expect(page.getByLabel('Its write key')).toHaveValue(key);
      else await page.getByLabel('Its write key').fill(key);
      await page.getByRole('button', { name: 'Add the source' }).click();
      await expect(page.getByRole('main')).toContainText('app and shop may send here.');
      await expect(page.getByLabel('Its write key')).not.toHaveValue(key);
      expect(await send(ownDemo.url, key)).toBe(200);
      await page.getByRole('button', { name: 'Retire app' }).click();
      const question = page.getByRole('dialog', { name: 'Retire the source app?' });
      await question.getByRole('button', { name: 'Retire app' }).click();
      await expect(page.getByRole('main')).toContainText('shop may send here.');
      await expect(page.getByRole('main')).not.toContainText('app and shop');
      await expect(async () => expect(await send(ownDemo.url, key)).toBe(401)).toPass();

      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Signing key of the reporting webhook').fill('the-new-signing-key');
      await page.getByRole('button', { name: 'Save the reporting key' }).click();
      await expect(async () => expect(await report(ownDemo.url, 'the-new-signing-key')).toBe(200)).toPass();
      expect(await report(ownDemo.url, 'sandbox-reporting-key')).toBe(401);
      await expect(page.getByRole('main')).not.toContainText('the-new-signing-key');
    });
  });
}
