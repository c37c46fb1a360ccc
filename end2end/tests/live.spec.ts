// Live events: what comes in and goes out shows as it happens, filtered, and stops when it is told to.

import { awake, demoTest, expect, settled } from './fixtures';

const rows = 'tbody tr';

demoTest('what happens shows by itself, until it is paused', async ({ page, demo }) => {
  demoTest.slow();
  await settled(page, demo);
  await page.goto('/');
  await page.getByRole('link', { name: 'Live events' }).click();
  await awake(page);
  await expect(page).toHaveURL('/live');
  await expect(page.locator('.answer')).toContainText('as it happens');
  // The page has it without being asked again.
  const newest = page.locator(`${rows} time`).first();
  await expect(newest).toBeVisible({ timeout: 40_000 });
  const before = await newest.getAttribute('datetime');
  await expect(newest).not.toHaveAttribute('datetime', before ?? '', { timeout: 40_000 });

  // A body is arranged for reading, or as it came.
  await page.locator(`${rows} summary`).first().click();
  await expect(page.locator(`${rows} details[open] code`).first()).toContainText('\n');
  await page.getByRole('link', { name: 'Show bodies as they came' }).click();
  await expect(page).toHaveURL('/live?as=raw');

  // Only what was sent to one destination.
  await page.getByLabel('Destination').selectOption('warehouse');
  await page.getByLabel('What became of it').selectOption('sent');
  await page.getByRole('button', { name: 'Show events' }).click();
  await expect(page).toHaveURL(/destination=warehouse/);
  await expect(page).toHaveURL(/as=raw/);
  // Counted, not walked: rows still come, and those of before may be there for a moment.
  const others = (text: string) => page.locator(rows).filter({ hasNotText: text });
  await expect(others('warehouse')).toHaveCount(0);
  await expect(others('Sent')).toHaveCount(0);
  await expect(page.locator(rows).first()).toContainText('warehouse', { timeout: 40_000 });
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(page).toHaveURL('/live?as=raw');

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.locator('.answer')).toContainText('Paused');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.locator('.answer')).toContainText('as it happens');
  await expect(page.locator(rows).first()).toBeVisible();
});

demoTest.describe('without JavaScript', () => {
  demoTest.use({ javaScriptEnabled: false });

  demoTest('the newest are there, and a link loads newer ones', async ({ page, demo }) => {
    demoTest.slow();
    await settled(page, demo);
    await expect(async () => {
      await page.goto('/live?verdict=sent');
      await expect(page.locator(rows).first()).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await page.locator(`${rows} summary`).first().click();
    await expect(page.locator(`${rows} details[open] code`)).toContainText('{');
    await page.getByRole('link', { name: 'Reload' }).click();
    await expect(page.locator(rows).first()).toBeVisible();
  });
});
