// The emergency stop: seen on every page, ended from any of them, by hand and by a plain form.

import { awake, expect, ownDemoTest as test, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('one destination is stopped, then everything, and both are resumed', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      const bar = page.getByRole('status', { name: 'Emergency stop' });
      await page.goto('/destinations');
      if (javaScriptEnabled) await awake(page);
      await expect(bar).toHaveCount(0);
      await page.getByRole('button', { name: 'Stop delivery to tiktok' }).click();
      await expect(bar).toContainText('Delivery to tiktok stands still: stopped by admin@localhost');
      const row = page.getByRole('row', { name: /^tiktok/ });
      await expect(row).toContainText('Stopped');
      await expect(page.getByRole('row', { name: /^meta/ })).toContainText('Flows');

      await page.getByRole('button', { name: 'Stop all delivery' }).click();
      await expect(bar).toContainText('All delivery stands still: stopped by admin@localhost');
      await expect(page.getByRole('button', { name: 'Stop all delivery' })).toHaveCount(0);

      // It is there on a page that knows nothing of it, and can be ended from there.
      await page.getByRole('link', { name: 'People' }).click();
      await expect(page).toHaveURL('/people');
      await expect(bar).toContainText('What protects people still flows');
      await page.getByRole('button', { name: 'Resume everything else' }).click();
      await expect(bar).not.toContainText('All delivery');
      await expect(page).toHaveURL('/people');
      await page.getByRole('button', { name: 'Resume delivery to tiktok' }).click();
      await expect(bar).toHaveCount(0);
      await page.goto('/destinations');
      await expect(row).toContainText('Flows');
    });

    test('nobody new is sent while it holds, and all are once it ends', async ({ page, ownDemo }) => {
      test.slow();
      await settled(page, ownDemo);
      await page.goto('/destinations');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Stop delivery to tiktok' }).click();
      await expect(page.getByRole('status', { name: 'Emergency stop' })).toBeVisible();
      await ownDemo.server.apply(
        '[[mapping]]\nkey = "browsed-to-tiktok"\naudience = "browsed"\ndestination = "tiktok"\nuse_case = "retarget"\n',
      );
      const mapping = async () => {
        await page.goto('/mappings/browsed-to-tiktok');
        return (await page.locator('.answer').innerText()).replace(/\s+/g, ' ');
      };
      await expect.poll(mapping, { timeout: 15_000 }).toMatch(/^0 of [1-9][\d,]* members/);
      await page.getByRole('button', { name: 'Resume delivery to tiktok' }).click();
      await expect.poll(mapping, { timeout: 15_000 }).toMatch(/^[1-9][\d,]* of [1-9][\d,]* members/);
    });
  });
}
