// A controlled test: somebody pinned, looked at, sent through everything that production uses, and
// amber until Segment says that the destination got it.

import { awake, expect, forgive, ownDemoTest, type Demo } from './fixtures';
import { type Page } from '@playwright/test';

async function shop(page: Page, demo: Demo) {
  const person = (n: number) => ({ cio_id: `staff-${n}`, id: `staff-u-${n}`, email: `staff${n}@example.com` });
  await demo.segment(90, 'Staff', [person(1), person(2)]);
  await demo.server.apply(
    '[[audience]]\nkey = "staff"\nsegment = 90\n[[mapping]]\nkey = "staff-to-meta"\naudience = "staff"\ndestination = "meta"\nuse_case = "retarget"\n',
  );
  await expect(async () => {
    const answer = await page.request.get(`${demo.url}/people/staff-1`);
    expect(answer.status()).toBe(200);
  }).toPass({ timeout: 60_000 });
}

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a pinned person is sent, and it is amber until the destination got it', async ({ page, ownDemo, problems }) => {
      ownDemoTest.slow();
      await shop(page, ownDemo);
      await page.goto('/mappings/staff-to-meta');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Controlled test' }).first().click();
      await expect(page).toHaveURL('/mappings/staff-to-meta/test');
      const main = page.getByRole('main');
      await expect(page.locator('.answer')).toContainText('No test was sent to meta yet.');

      await page.getByLabel('Customer.io id, id or e-mail address').fill('nobody@example.com');
      await page.getByRole('button', { name: 'Pin test person' }).click();
      await expect(main).toContainText('Nobody was pinned');
      forgive(problems, '/fn/pin_test_person', 404);
      await page.getByLabel('Customer.io id, id or e-mail address').fill('staff1@example.com');
      await page.getByRole('button', { name: 'Pin test person' }).click();
      await page.getByRole('link', { name: 'Preview staff-1' }).click();
      await expect(main).toContainText('A run would send staff-1 to meta now.');
      await expect(page.getByRole('group', { name: 'Message about staff-1' })).toContainText('"staff": true');
      await page.getByRole('button', { name: 'Send this test to meta' }).click();
      await expect(page).toHaveURL('/mappings/staff-to-meta/test');
      await expect(page.locator('.answer')).toContainText('which proves nothing yet');
      await expect(async () => {
        if (!javaScriptEnabled) await page.reload();
        await expect(page.locator('.answer')).toContainText('was forwarded to meta', { timeout: 1000 });
      }).toPass({ timeout: 60_000 });

      // Who isn't pinned can be looked at, and not sent.
      await page.goto('/mappings/staff-to-meta/test?person=staff-2');
      await expect(main).toContainText('Only pinned people can be sent.');
      await expect(page.getByRole('button', { name: /Send this test/ })).toHaveCount(0);
      await page.getByRole('button', { name: 'Unpin staff-1' }).click();
      await expect(main).toContainText('Nobody is pinned');
    });
  });
}
