// The workspace: a time zone is chosen once, and every time is shown in it; what ads cost is said.

import { awake, expect, ownDemoTest as test } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a time zone is chosen, and each exact time says which it is', async ({ page }) => {
      test.slow();
      await page.goto('/');
      await page.getByRole('link', { name: 'Workspace' }).click();
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toContainText('Times are shown in UTC');
      await page.getByLabel('Time zone').selectOption('Asia/Kolkata');
      await page.getByLabel('Currency').fill('rupees');
      await page.getByRole('button', { name: 'Save the workspace' }).click();
      // Refused at its field; what was chosen stays.
      await expect(page.getByRole('main')).toContainText('Write a currency as its three letters');
      await expect(page.getByLabel('Time zone')).toHaveValue('Asia/Kolkata');
      await page.getByLabel('Currency').fill('inr');
      await page.getByLabel('What 1,000 impressions cost').fill('12.5');
      await page.getByRole('button', { name: 'Save the workspace' }).click();
      await expect(page.getByRole('main')).toContainText('Say this too, or leave both empty');
      await page.getByLabel('Impressions a day').fill('3');
      await page.getByRole('button', { name: 'Save the workspace' }).click();
      await expect(page).toHaveURL('/settings/workspace');
      await expect(page.locator('.answer')).toContainText('Times are shown in Asia/Kolkata, and days begin there; amounts are in INR.');
      await expect(page.getByLabel('What 1,000 impressions cost')).toHaveValue('12.50');
      await page.getByRole('link', { name: 'Audit trail' }).click();
      if (javaScriptEnabled) await awake(page);
      const line = page.getByRole('row', { name: /workspace/ }).first();
      await expect(line.locator('time')).toHaveAttribute('title', / IST$/);
      // Drawn by the browser or by the server, it is the same.
      await page.goto('/settings/audit');
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByRole('row', { name: /workspace/ }).first().locator('time')).toHaveAttribute('title', / IST$/);
      await page.goto('/audiences/new?template=vip-buyers');
      await expect(page.getByRole('main')).toContainText('The amount is in INR.');
    });
  });
}
