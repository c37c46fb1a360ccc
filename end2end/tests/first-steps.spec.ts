// First steps: from an empty installation to a live mapping, each step a link or a form that also
// works without JavaScript.

import { type Page } from '@playwright/test';
import { awake, demoTest, expect, forgive, ownDemoTest, signedIn, test } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'empty, with JavaScript' : 'empty, without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('an empty overview leads there, and the goal is the first step', async ({ page, ownServer }) => {
      await signedIn(page, ownServer);
      await page.goto(`${ownServer.url}/`);
      if (javaScriptEnabled) await awake(page);
      const link = page.getByRole('link', { name: 'Let First steps lead you' });
      await link.focus();
      await page.keyboard.press('Enter');
      await expect(page).toHaveURL(`${ownServer.url}/first-steps`);
      const answer = page.locator('.answer');
      await expect(answer).toContainText('Next: choose the goal.');
      await expect(page.getByRole('main')).toContainText('Customer.io is asked for its segments once it is connected.');
      await page.getByRole('radio', { name: 'Analytics' }).focus();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Keep this goal' }).press('Enter');
      await expect(answer).toContainText(/1 of 7\ssteps are done\. Next: connect Customer\.io\./);
      await expect(page.getByRole('row', { name: /^Warehouse/ })).toContainText('an identify with the same true or false');
      await expect(page.getByRole('main')).toContainText('A first version stays at 12 or less');

      // It is left and come back to.
      await page.goto(`${ownServer.url}/settings/connections`);
      await page.goto(`${ownServer.url}/first-steps`);
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByRole('radio', { name: 'Analytics' })).toBeChecked();
      await page.getByRole('button', { name: 'Put first steps away' }).press('Enter');
      await expect(page).toHaveURL(`${ownServer.url}/`);
    });
  });

  ownDemoTest.describe(javaScriptEnabled ? 'with vendors, with JavaScript' : 'with vendors, without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    /** Waits for what a later look shows. */
    const shows = async (page: Page, words: string | RegExp) =>
      expect(async () => {
        await page.goto(page.url());
        await expect(page.getByRole('main')).toContainText(words, { timeout: 500 });
      }).toPass({ timeout: 30_000 });

    ownDemoTest('a segment is promoted, mapped, and live at one destination', async ({ page, ownDemo, problems }) => {
      ownDemoTest.slow();
      // The vendors are there, and nothing else.
      await ownDemo.segment(90, 'Newest arrivals', [{ cio_id: 'n1', id: 'ada', email: 'ada@example.com' }]);
      await ownDemo.server.apply(
        '[[destination]]\nkey = "warehouse"\nprofile = "warehouse"\nintegration = "Warehouse"\n' +
          '[[audience]]\nkey = "purchasers"\nsegment = 2\n' +
          '[[suppression]]\nkey = "purchase"\nreason = "purchase"\naudience = "purchasers"\nttl = "24h"\n',
        '--prune',
        '--abandon',
      );
      await page.goto('/first-steps');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('radio', { name: 'Analytics' }).check();
      await page.getByRole('button', { name: 'Keep this goal' }).press('Enter');
      await expect(page.locator('.answer')).toContainText(/6 of 7\ssteps are done\. Next: take the first mapping live\./);
      await page.goto('/');
      await expect(page.getByRole('link', { name: 'Let First steps lead you' })).toBeVisible();

      await page.goto('/first-steps');
      if (javaScriptEnabled) await awake(page);
      const row = page.getByRole('row', { name: /Newest arrivals/ });
      await expect(row).toContainText('Not known: its members are read once it is promoted');
      await row.getByRole('button', { name: 'Promote Newest arrivals' }).press('Enter');
      await expect(row.getByRole('link', { name: 'newest-arrivals' })).toBeVisible();
      await page.getByLabel('Audience').selectOption('newest-arrivals');
      await page.getByLabel('Destination', { exact: true }).selectOption('warehouse');
      await page.getByRole('button', { name: 'Make the first mapping' }).press('Enter');
      await expect(page.getByRole('main')).toContainText('is paused: nobody is sent yet.');
      await page.goto('/');
      await expect(page.getByRole('main')).toContainText(/First steps: 6 of 7\ssteps done\./);
      await page.goto('/first-steps');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Start the first mapping' }).press('Enter');
      await shows(page, 'newest-arrivals-to-warehouse is live.');
      await expect(page.locator('.answer')).toContainText('Every step is done');
      await page.goto('/');
      await expect(page.getByRole('main')).not.toContainText('First steps:');

      // The ceiling is lifted with a reason only.
      await page.goto('/first-steps');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Reason to lift the ceiling').fill(' ');
      await page.getByRole('button', { name: 'Lift the ceiling' }).press('Enter');
      await expect(page.locator('#reason-wrong')).toContainText('Say why');
      forgive(problems, '/fn/lift_ceiling');
      await page.getByLabel('Reason to lift the ceiling').fill('The team knows it');
      await page.getByRole('button', { name: 'Lift the ceiling' }).press('Enter');
      await expect(page.getByRole('main')).toContainText('has lifted the ceiling: The team knows it.');
    });
  });
}

demoTest('where mappings run they are never in the way', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('main')).not.toContainText('First steps');
  await page.goto('/first-steps');
  await expect(page.getByRole('main')).not.toContainText('A first version stays at');
  await expect(page.getByRole('heading', { name: '7. Take the first mapping live' })).toBeVisible();
});
