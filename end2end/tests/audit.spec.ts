// The audit trail: who changed what.

import { awake, demoTest as test, expect } from './fixtures';

test('what is done in the console is on record, with who did it', async ({ page }) => {
  await page.goto('/mappings/browsed-to-meta');
  await awake(page);
  await page.getByRole('button', { name: 'Pause mapping' }).click();
  await expect(page.getByRole('button', { name: 'Resume mapping' })).toBeVisible();
  await page.goto('/settings/audit?about=mapping%20browsed-to-meta');
  await awake(page);
  await expect(page.locator('.answer')).toHaveText(/^The newest entry about mapping browsed-to-meta is from .+: admin@localhost changed mapping browsed-to-meta\.$/);
  const lines = page.getByRole('region', { name: 'Audit trail' }).locator('tbody tr');
  await expect(lines.first()).toContainText('active: true → false');
  await expect(lines.last()).toContainText('create');
  await page.getByLabel('Who').fill('nobody@example.com');
  await page.getByRole('button', { name: 'Show entries' }).click();
  await expect(page.locator('.answer')).toHaveText('No entry about mapping browsed-to-meta by nobody@example.com is on record.');
  await page.goto('/mappings/browsed-to-meta');
  await awake(page);
  await page.getByRole('button', { name: 'Resume mapping' }).click();
  await expect(page.getByRole('button', { name: 'Pause mapping' })).toBeVisible();
});
