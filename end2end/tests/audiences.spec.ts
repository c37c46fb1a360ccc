// The page of an audience: what it is for, where it flows, what was changed.

import { awake, demoTest as test, expect, forgive, settled } from './fixtures';

test('an audience says where it flows, is described anew, and hands out its ledger', async ({ page, demo, problems }) => {
  await settled(page, demo);
  await page.goto('/audiences');
  await awake(page);
  await page.getByRole('link', { name: 'lapsed-60-120', exact: true }).click();
  await expect(page).toHaveURL(/\/audiences\/lapsed-60-120$/);
  await expect(page.locator('.answer')).toHaveText(/^[\d,]+\smembers, read .+; sent by 1 mapping\.$/);
  const lineage = page.locator('.lineage');
  await expect(lineage).toContainText('Lapsed 60-120 days');
  await expect(lineage.getByRole('link', { name: 'lapsed-to-tiktok' })).toBeVisible();

  await page.getByRole('link', { name: 'Edit audience' }).click();
  await expect(page.getByLabel('Purpose')).toHaveValue(/Win back/);
  await page.getByLabel('Window').fill('soon');
  await page.getByRole('button', { name: 'Save audience' }).click();
  await expect(page.getByText(/write a window/i)).toBeVisible();
  forgive(problems, '/fn/edit_audience');
  await page.getByLabel('Window').fill('60d-120d');
  await page.getByLabel('Review on').fill('2020-01-31');
  await page.getByRole('button', { name: 'Save audience' }).click();
  await expect(page).toHaveURL(/\/audiences\/lapsed-60-120$/);
  await expect(page.getByText(/^Due for/)).toBeVisible();
  const trail = page.getByRole('region', { name: 'Audit trail' });
  await expect(trail.locator('tbody tr').first()).toContainText('review_on: 2027-03-31 → 2020-01-31');

  const ledger = await page.request.get(`${demo.url}/audiences/lapsed-60-120/ledger.csv`);
  expect(ledger.headers()['content-type']).toBe('text/csv; charset=utf-8');
  const lines = (await ledger.text()).trim().split('\r\n');
  expect(lines[0]).toBe('"at","cio_id","transition","reason","mapping","destination","order","run"');
  expect(lines.length).toBeGreaterThan(100);
  expect(lines[1]).toMatch(/^"\d{4}-.+Z","[^"]+","entered","","lapsed-to-tiktok","tiktok","1","[0-9a-f-]{36}"$/);
  expect((await page.request.get(`${demo.url}/audiences/no-such/ledger.csv`)).status()).toBe(404);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a template fills the form', async ({ page }) => {
    await page.goto('/audiences/new');
    await page.getByRole('link', { name: 'First-time buyers' }).click();
    await expect(page.getByLabel('Key')).toHaveValue('first-time-buyers');
    await expect(page.getByLabel('Window')).toHaveValue('14d');
    await expect(page.getByText('performed Order Completed in the past 14 days')).toBeVisible();
  });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'bands, with JavaScript' : 'bands, without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('lapsed buyers are cut into bands, each ready to be promoted', async ({ page, demo }) => {
      await settled(page, demo);
      await page.goto('/audiences/new');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Cut lapsed buyers into bands' }).click();
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('To days ago').fill('90d');
      await page.getByLabel('To days ago').press('Enter');
      await expect(page.locator('.answer')).toHaveText(/^2\sbands from 30d to 90d/);
      await page.getByRole('link', { name: 'Promote lapsed-60-90' }).click();
      await expect(page.getByLabel('Window')).toHaveValue('60d-90d');
      await expect(page.getByLabel('Key')).toHaveValue('lapsed-60-90');
      await expect(page.getByLabel('Purpose')).toHaveValue(/60 to 90 days ago$/);
    });
  });
}
