// What operators do when something is wrong: dead letters, a run that must end, the demo's faults.

import { type Page } from '@playwright/test';
import { awake, demoTest, expect, ownDemoTest as test, settled, signedIn, test as plainTest, type Demo } from './fixtures';

/** A mapping of three people, one of whom Segment will not take. */
async function withRefused(demo: Demo) {
  await demo.fault({ vendor: 'tracking', kind: 'status', status: 400, containing: '"eve"' });
  await demo.segment(900, 'Newsletter', [
    { cio_id: 'n1', id: 'ada', email: 'ada@example.com' },
    { cio_id: 'n2', id: 'eve', email: 'eve@example.com' },
    { cio_id: 'n3', id: 'bob', email: 'bob@example.com' },
  ]);
  await demo.server.apply(
    '[[audience]]\nkey = "newsletter"\nsegment = 900\n' +
      '[[mapping]]\nkey = "newsletter-to-warehouse"\naudience = "newsletter"\ndestination = "warehouse"\nuse_case = "analytics"\n',
  );
}

/** Asks for a run, and waits until that has been heard. */
async function runNow(page: Page) {
  const heard = page.waitForResponse((answer) => answer.url().endsWith('/fn/run_mapping'));
  await page.getByRole('button', { name: 'Run now' }).click();
  await heard;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('whom Segment refused is listed with the reason, discarded, taken back and retried', async ({ page, ownDemo }) => {
      test.slow();
      await settled(page, ownDemo);
      await withRefused(ownDemo);
      await expect(async () => {
        await page.goto('/mappings/newsletter-to-warehouse');
        await expect(page.getByText('Segment refused 1 person for good')).toBeVisible({ timeout: 500 });
      }).toPass();
      await page.goto('/');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'See why, and retry or discard' }).click();
      await expect(page).toHaveURL('/dead-letters');
      await expect(page.locator('.answer')).toHaveText("Segment refused 1 person's event for good.");
      const row = page.getByRole('region', { name: 'Dead letters of newsletter-to-warehouse' }).locator('tbody tr');
      await expect(row).toHaveCount(1);
      await expect(row).toContainText('Could not enter');
      await expect(row.getByRole('link', { name: 'n2' })).toHaveAttribute('href', '/people/n2');

      await row.getByRole('button', { name: 'Discard 1' }).click();
      await expect(page.locator('.answer')).toHaveText('Segment refuses nobody whom you have not decided about.');
      await expect(page.getByRole('main')).toContainText('1 person stays refused here');
      await page.getByRole('button', { name: 'Retry 1 discarded' }).click();
      await expect(page.getByRole('main')).not.toContainText('stays refused here');
      // Nothing has changed about her: the next run meets the same refusal.
      await page.goto('/mappings/newsletter-to-warehouse');
      if (javaScriptEnabled) await awake(page);
      await runNow(page);
      await expect(async () => {
        await page.goto('/dead-letters');
        await expect(row).toContainText('Could not enter', { timeout: 500 });
      }).toPass();
    });

    test('a run is cancelled with its numbers, and the next one brings everybody in', async ({ page, ownDemo }) => {
      test.slow();
      await settled(page, ownDemo);
      // Nobody is told of a batch that never ends.
      await ownDemo.fault({ vendor: 'tracking', kind: 'hold' });
      await ownDemo.server.apply(
        '[[mapping]]\nkey = "browsed-to-warehouse"\naudience = "browsed"\ndestination = "warehouse"\nuse_case = "analytics"\n',
      );
      const newest = page.getByRole('region', { name: 'Runs' }).locator('tbody tr').first();
      await expect(async () => {
        await page.goto('/mappings/browsed-to-warehouse');
        await expect(newest).toContainText('Delivering', { timeout: 500 });
      }).toPass();
      await newest.getByRole('link').click();
      await expect(page).toHaveURL(/\/runs\//);
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Cancel run' }).click();
      const question = page.getByRole('dialog', { name: /^Cancel this run and drop up to [1-9][\d,]* changes\?$/ });
      await expect(question).toContainText(/0 of [1-9][\d,]*\schanges are acknowledged/);
      await question.getByRole('button', { name: /^Drop up to [1-9][\d,]* changes$/ }).click();
      await expect(page.getByText('cancelled by admin@localhost')).toBeVisible();
      await expect(page.getByRole('button', { name: 'Cancel run' })).toHaveCount(0);
      await ownDemo.heal();
      await page.goto('/mappings/browsed-to-warehouse');
      if (javaScriptEnabled) await awake(page);
      await runNow(page);
      await expect(async () => {
        await page.goto('/mappings/browsed-to-warehouse');
        await expect(newest).toContainText('Done', { timeout: 500 });
      }).toPass({ timeout: 15_000 });
      await expect(page.locator('.answer')).toContainText(/^[1-9]/);
    });

    test('the demo breaks Segment for a while, shows how long still, and is mended by hand', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Demo: break something' }).click();
      await expect(page).toHaveURL('/demo');
      await expect(page.locator('.answer')).toContainText('All is well: break something and watch.');
      await page.getByRole('button', { name: 'Break for 30 s : Segment answers 503' }).click();
      await expect(page.locator('.answer')).toContainText('Segment answers 503.');
      const left = page.getByRole('progressbar', { name: 'Segment answers 503: seconds left' });
      await expect(left).toHaveAttribute('max', '30');
      if (javaScriptEnabled) {
        const before = Number(await left.getAttribute('value'));
        await expect.poll(async () => Number(await left.getAttribute('value'))).toBeLessThan(before);
      }
      await page.getByRole('button', { name: 'Mend everything' }).click();
      await expect(page.locator('.answer')).toContainText('All is well');
      await expect(left).toHaveCount(0);
    });
  });
}

demoTest('no dead letters say so', async ({ page }) => {
  await page.goto('/dead-letters');
  await awake(page);
  await expect(page.locator('.answer')).toHaveText('Segment refuses nobody whom you have not decided about.');
  await expect(page.getByText('No dead letters')).toBeVisible();
});

plainTest('what is no demo can not be broken', async ({ page, server, problems }) => {
  await signedIn(page, server);
  const response = await page.goto('/demo');
  expect(response?.status()).toBe(404);
  await expect(page.locator('.answer')).toHaveText('There is no demo here.');
  await expect(page.locator('.environment')).toHaveCount(0);
  const answer = await page.request.post('/fn/break_something', {
    form: { what: 'segment-down' },
    headers: { 'sec-fetch-site': 'same-origin', accept: 'application/json' },
  });
  expect(answer.status()).toBe(404);
  expect(problems).toEqual([]);
});
