// The design review: the whole plan, read at once.

import { awake, demoTest as test, expect } from './fixtures';

test('the review leads to what it is about, and goes out as Markdown', async ({ page, demo }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Design review' }).click();
  await awake(page);
  await expect(page.locator('.answer')).toHaveText(/^\d+\sthings? (is|are) (wrong|doubtful|untidy)/);
  const untidy = page.getByRole('region', { name: 'Untidy' });
  await expect(untidy).toContainText('No day is set for its review.');
  // The brief's own: ads at 2 h run before the SMS at 4 h.
  await expect(page.getByRole('region', { name: 'Doubtful' })).toContainText('The ads of cart-to-meta run before its SMS at 4h.');
  const text = await (await page.request.get(`${demo.url}/review.md`)).text();
  expect(text).toMatch(/^# Design review, \d{4}-\d\d-\d\d\n/);
  expect(text).toContain('- [ ] audience `vip-buyers`: no day is set for its review.');
  await untidy.getByRole('link', { name: 'vip-buyers', exact: true }).first().click();
  await expect(page).toHaveURL(/\/audiences\/vip-buyers$/);
});
