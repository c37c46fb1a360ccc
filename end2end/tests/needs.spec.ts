// The matrix of required fields: what each destination needs of people, and how many have it.

import { awake, demoTest, expect, ownDemoTest, settled } from './fixtures';

demoTest('the tab shows fields down and destinations across', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/destinations');
  await awake(page);
  await page.getByRole('link', { name: 'Required fields' }).click();
  await expect(page).toHaveURL('/destinations?view=fields');
  await expect(page.locator('.answer')).toContainText('Every destination that people are sent to can find enough of them.');
  const matrix = page.getByRole('region', { name: 'Required fields by destination' });
  await expect(matrix.getByRole('row', { name: /Anything that names them/ })).toContainText(/Required\s*\d/);
  await expect(matrix.getByRole('row', { name: /^Phone/ })).toContainText('Stays');
});

demoTest('the hash self-test is shown where identifiers are hashed', async ({ page }) => {
  await page.goto('/destinations/google');
  await expect(page.getByRole('main')).toContainText('Identifiers hash as the platform hashes them');
  await expect(page.getByText('The same', { exact: true })).toHaveCount(3);
});

ownDemoTest('a place where nobody can be found is red', async ({ page, ownDemo }) => {
  const people = Array.from({ length: 5 }, (_, n) => ({ cio_id: `none-${n}`, id: `none-u-${n}` }));
  await ownDemo.segment(90, 'Nobody known', people);
  await ownDemo.server.apply(
    '[[destination]]\nkey = "tiktok-two"\nprofile = "tiktok-audiences"\nintegration = "TikTok Audiences Two"\n[[audience]]\nkey = "nobody-known"\nsegment = 90\n[[mapping]]\nkey = "nobody-to-tiktok"\naudience = "nobody-known"\ndestination = "tiktok-two"\nuse_case = "retarget"\n',
  );
  await expect(async () => {
    await page.goto('/destinations?view=fields');
    await expect(page.locator('.answer')).toContainText(/At tiktok-two only 0 of 5\speople can be found/, { timeout: 1000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText('Too few', { exact: true })).toBeVisible();
});
