// First steps: an empty Segue says what comes next, keeps the goal, and ranks the segments.

import { awake, expect, ownDemoTest, settled, signedIn, test } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('an empty Segue asks what it is for and leads on', async ({ page, ownServer }) => {
      await signedIn(page, ownServer);
      await page.goto(`${ownServer.url}/`);
      await page.getByRole('link', { name: /^Go step by step/ }).click();
      await expect(page).toHaveURL(/\/first-steps$/);
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toContainText('Next: say what it is for.');
      await page.getByRole('radio', { name: /^Retarget/ }).focus();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Begin with this goal' }).focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('.answer')).toContainText('Next: connect Customer.io.');
      await expect(page.getByRole('region', { name: 'Platforms for this goal' })).toContainText('Audience Entered');
      await expect(page.getByRole('link', { name: 'Connect Segment' })).toHaveAttribute('href', '/settings/connections');
    });
  });
}

ownDemoTest('the segments of the workspace are ranked, those that lack least first', async ({ page, ownDemo }) => {
  await settled(page, ownDemo);
  await page.goto('/first-steps');
  await awake(page);
  await page.getByRole('radio', { name: /^Retarget/ }).check();
  await page.getByRole('button', { name: 'Begin with this goal' }).click();
  await expect(page.getByRole('button', { name: 'Change the goal' })).toBeVisible();
  await page.goto('/settings/connections');
  await awake(page);
  await page.getByRole('button', { name: /^Test Customer\.io/ }).click();
  await expect(page.getByRole('main')).toContainText(/works|answers/i);
  await page.goto('/first-steps');
  const rows = page.getByRole('region', { name: 'Segments by readiness' }).locator('tbody tr');
  await expect(rows.first()).toContainText('Nothing: it is ready');
  await expect(rows.first().getByRole('link', { name: /^Map / })).toBeVisible();
});
