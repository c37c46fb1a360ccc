// What saving a mapping would do is told before it is saved, and nothing is stored by asking.

import { awake, demoTest, expect } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  demoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    demoTest.use({ javaScriptEnabled });

    demoTest('a new mapping says who would be sent, and to whom that is nothing new', async ({ page }) => {
      await page.goto('/mappings/new');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Key', { exact: true }).fill('browsed-preview');
      await page.getByLabel('Audience').selectOption('browsed');
      await page.getByLabel('Destination').selectOption('tiktok');
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Preview' }).click();
      const told = page.getByRole('heading', { name: 'What it would do' });
      await expect(told).toBeVisible();
      const main = page.getByRole('main');
      await expect(main).toContainText(/[1-9][\d,]* of [1-9][\d,]*\smembers should be there; 0 are now\. [1-9][\d,]*\speople would come in\./);
      await expect(main).toContainText('Kept out by suppressions');
      // What was typed is still there, and nothing was made.
      await expect(page.getByLabel('Key', { exact: true })).toHaveValue('browsed-preview');
      await page.goto('/mappings');
      await expect(page.getByRole('main')).not.toContainText('browsed-preview');
    });

    demoTest('a form that can not be saved says why nothing can be told', async ({ page }) => {
      await page.goto('/mappings/cart-to-meta/edit');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Runs every').fill('soon');
      await page.getByLabel('Holdout').fill('1');
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Preview' }).click();
      await expect(page.getByRole('main')).toContainText('Not to be told yet');
      await page.getByLabel('Runs every').fill('10m');
      await page.getByLabel('Holdout').fill('2');
      if (javaScriptEnabled) await page.getByLabel('Holdout').blur();
      else await page.getByRole('button', { name: 'Preview' }).click();
      await expect(page.getByRole('main')).toContainText(/members should be there; [1-9][\d,]* are now/);
    });
  });
}
