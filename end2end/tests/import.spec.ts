// The destinations that Segment has: listed with what Segue knows of them, and taken in one by one.

import { awake, demoTest, expect, ownDemoTest } from './fixtures';

demoTest('what Segment has is listed, and one is taken in with the suggested profile', async ({ page }) => {
  await page.goto('/destinations');
  await awake(page);
  await page.getByRole('link', { name: 'Import from Segment' }).click();
  await expect(page).toHaveURL('/destinations/import');
  await expect(page.locator('.answer')).toContainText(
    /The token works: 7\sdestinations stand behind the source Storefront\. 3 of them aren't in Segue yet\./,
  );
  await expect(page.getByRole('row', { name: /TikTok Audiences/ })).toContainText('In Segue as tiktok');
  await page.getByRole('link', { name: 'Add Meta, server events' }).click();
  await expect(page.getByLabel('Platform')).toHaveValue('meta-capi');
  await expect(page.getByLabel('Name in Segment')).toHaveValue('Facebook Conversions API (Actions)');
  await expect(page.getByLabel('Key', { exact: true })).toHaveValue('meta-server-events');
  // Nothing was made by looking.
  await page.goto('/destinations');
  await expect(page.getByRole('main')).not.toContainText('meta-server-events');
});

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a token is tested by what it lists, and never shown again', async ({ page }) => {
      await page.goto('/settings/connections');
      if (javaScriptEnabled) await awake(page);
      const main = page.getByRole('main');
      await page.getByLabel('Public API token').fill('of-another-workspace');
      await page.getByRole('button', { name: 'Save and test the token' }).click();
      await expect(page).toHaveURL('/destinations/import');
      await expect(main).toContainText('refused the token (401)');
      await expect(page.getByRole('link', { name: 'Add a destination by hand' })).toBeVisible();
      await page.getByRole('link', { name: 'Check the connections' }).click();
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByLabel('Public API token')).toHaveValue('');
      await page.getByLabel('Public API token').fill('sandbox-public-token');
      await page.getByRole('button', { name: 'Save and test the token' }).click();
      await expect(page.locator('.answer')).toContainText('The token works');
    });
  });
}

ownDemoTest('what others send to the source is told from what Segue sends', async ({ page }) => {
  await page.goto('/settings/connections');
  await awake(page);
  await page.getByRole('link', { name: 'See what the source receives' }).click();
  await expect(page).toHaveURL('/settings/connections/source');
  await awake(page);
  await expect(page.getByRole('navigation', { name: 'Where you are' })).toContainText('Connections');
  // Counted a minute late: in a fresh demo nothing may have been counted, and nothing is somebody else's.
  await expect(page.locator('.answer')).toHaveText(
    /^(Nothing came into the source Storefront|All that came into the source Storefront in the last 24 hours is Segue's)/,
  );
  await page.goto('/settings/connections');
  await awake(page);
  await page.getByLabel('Public API token').fill('of-another-workspace');
  await page.getByRole('button', { name: 'Save and test the token' }).click();
  await expect(page).toHaveURL('/destinations/import');
  await page.goto('/settings/connections/source');
  await expect(page.getByRole('main')).toContainText('refused the token (401)');
  await expect(page.getByRole('link', { name: 'Check the connections' })).toBeVisible();
});
